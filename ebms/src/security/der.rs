//! As much DER as keys and certificate paths are wrapped in: tag, length, content. Strict, so that
//! a value has one reading: lengths of any other form than the shortest are refused.

/// A value at the start of something.
pub(super) struct Value<'d> {
    /// With tag and length.
    pub(super) whole: &'d [u8],
    pub(super) content: &'d [u8],
    /// What follows it.
    pub(super) rest: &'d [u8],
}

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const SEQUENCE: u8 = 0x30;

/// Takes a value of this kind.
pub(super) fn take(der: &[u8], tag: u8) -> Option<Value<'_>> {
    let (found, after) = der.split_first()?;
    if *found != tag {
        return None;
    }
    let (length, content) = take_length(after)?;
    let (content, rest) = content.split_at_checked(length)?;
    Some(Value {
        whole: der.get(..der.len() - rest.len())?,
        content,
        rest,
    })
}

/// The magnitude of an INTEGER that is not negative, without leading zeros.
pub(super) fn take_unsigned(der: &[u8]) -> Option<Value<'_>> {
    let value = take(der, INTEGER)?;
    let content = match value.content {
        [0, second, ..] if *second >= 0x80 => value.content.get(1..)?,
        [first, rest @ ..] if (1..0x80).contains(first) || *first == 0 && rest.is_empty() => {
            value.content
        }
        _ => return None,
    };
    Some(Value { content, ..value })
}

fn take_length(der: &[u8]) -> Option<(usize, &[u8])> {
    let (first, after) = der.split_first()?;
    if *first < 0x80 {
        return Some((usize::from(*first), after));
    }
    let count = usize::from(first & 0x7F);
    let (digits, content) = after.split_at_checked(count)?;
    let shortest = (1..=4).contains(&count) && digits.first() != Some(&0);
    let length = digits
        .iter()
        .try_fold(0_usize, |sum, digit| {
            sum.checked_mul(256)?.checked_add((*digit).into())
        })
        .filter(|length| shortest && *length >= 0x80)?;
    Some((length, content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(der: &[u8], expected: Option<(&[u8], &[u8])>) {
        let found = take(der, SEQUENCE).map(|it| (it.content, it.rest));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_value_ends_where_its_length_says() {
        check(&[0x30, 0], Some((&[], &[])));
        check(&[0x30, 1, 7, 8], Some((&[7], &[8])));
        let long = [&[0x30, 0x81, 0x80], [5; 0x80].as_slice(), &[9]].concat();
        check(&long, Some((&[5; 0x80], &[9])));
    }

    #[test]
    fn other_tags_and_other_lengths_are_refused() {
        check(&[], None);
        check(&[0x30], None);
        check(&[0x31, 0], None);
        check(&[0x30, 2, 7], None);
        check(&[0x30, 0x80, 0, 0], None);
        check(&[0x30, 0x81, 1, 7], None);
        check(&[0x30, 0x82, 0, 1, 7], None);
        check(&[0x30, 0x85, 0, 0, 0, 0, 1, 7], None);
        check(&[0x30, 0xFF], None);
    }

    #[track_caller]
    fn check_unsigned(content: &[u8], expected: Option<&[u8]>) {
        let der = [&[INTEGER, u8::try_from(content.len()).unwrap()], content].concat();
        assert_eq!(take_unsigned(&der).map(|it| it.content), expected);
    }

    #[test]
    fn a_number_has_one_form_and_no_sign() {
        check_unsigned(&[0], Some(&[0]));
        check_unsigned(&[0x7F], Some(&[0x7F]));
        check_unsigned(&[0, 0x80], Some(&[0x80]));
        check_unsigned(&[], None);
        check_unsigned(&[0x80], None);
        check_unsigned(&[0, 0x7F], None);
        check_unsigned(&[0, 0], None);
    }
}
