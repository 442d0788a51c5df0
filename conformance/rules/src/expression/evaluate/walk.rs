//! Paths: from nodes to nodes along the axes.

use super::{Evaluated, Fault, Focus, Sequence};
use crate::expression::{Axis, NameTest, Start, Step, value::Item};
use xml::Element;

impl<'d> Focus<'d> {
    pub(super) fn path(
        &mut self,
        start: &Start,
        steps: &[Step],
        context: &Item<'d>,
    ) -> Evaluated<Sequence<'d>> {
        let mut items = match start {
            Start::Context => vec![context.clone()],
            Start::Root => vec![Item::Document(self.root)],
            Start::Expression(expression) => self.evaluate(expression, context)?,
        };
        for step in steps {
            let mut next = Vec::new();
            let several = items.len() > 1;
            for item in items {
                self.step(step, &item, &mut next)?;
            }
            // Children of nodes in order are in order; other axes may meet a node twice.
            let ordered = matches!(step.axis, Axis::Child | Axis::Attribute | Axis::Itself);
            items = if several && !ordered {
                in_order(next)
            } else {
                next
            };
        }
        Ok(items)
    }

    fn step(&mut self, step: &Step, from: &Item<'d>, into: &mut Sequence<'d>) -> Evaluated<()> {
        let element = match from {
            Item::Element(element) => *element,
            Item::Document(root) => return self.step_from_document(step, *root, into),
            Item::Attribute(_) => return Ok(()),
            Item::Text(_) | Item::Number(_) | Item::Boolean(_) => return Err(Fault::Type),
        };
        match step.axis {
            Axis::Child => self.keep(step, element.children(), into),
            Axis::Descendant => self.keep(step, element.descendants().skip(1), into),
            Axis::DescendantOrSelf => self.keep(step, element.descendants(), into),
            Axis::Itself => self.keep(step, std::iter::once(element), into),
            Axis::Parent => self.keep(step, element.parent().into_iter(), into),
            Axis::Ancestor => {
                let above = std::iter::successors(element.parent(), |above| above.parent());
                let mut above: Vec<_> = above.collect();
                above.reverse();
                self.keep(step, above.into_iter(), into)
            }
            Axis::Attribute => {
                for attribute in element.attributes() {
                    self.spend()?;
                    if step.name.accepts(attribute.name()) {
                        self.keep_item(step, Item::Attribute(attribute), into)?;
                    }
                }
                Ok(())
            }
        }
    }

    fn step_from_document(
        &mut self,
        step: &Step,
        root: Element<'d>,
        into: &mut Sequence<'d>,
    ) -> Evaluated<()> {
        match step.axis {
            Axis::Child => self.keep(step, std::iter::once(root), into),
            Axis::Descendant | Axis::DescendantOrSelf => self.keep(step, root.descendants(), into),
            Axis::Attribute | Axis::Parent | Axis::Ancestor | Axis::Itself => Ok(()),
        }
    }

    fn keep(
        &mut self,
        step: &Step,
        elements: impl Iterator<Item = Element<'d>>,
        into: &mut Sequence<'d>,
    ) -> Evaluated<()> {
        for element in elements {
            self.spend()?;
            if step.name.accepts(element.name()) {
                self.keep_item(step, Item::Element(element), into)?;
            }
        }
        Ok(())
    }

    fn keep_item(&mut self, step: &Step, item: Item<'d>, into: &mut Sequence<'d>) -> Evaluated<()> {
        for predicate in &step.predicates {
            if !self.truth(predicate, &item)? {
                return Ok(());
            }
        }
        into.push(item);
        Ok(())
    }
}

impl NameTest {
    fn accepts(&self, name: xml::Name<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::AnyIn(namespace) => name.namespace == *namespace,
            Self::Is(namespace, local) => name.local == local && name.namespace == *namespace,
        }
    }
}

/// Document order, each element once.
pub(super) fn in_order(mut items: Sequence<'_>) -> Sequence<'_> {
    let key = |item: &Item<'_>| match item {
        Item::Element(element) => element.span().start,
        _ => 0,
    };
    items.sort_by_key(key);
    items.dedup_by(|a, b| matches!((a, b), (Item::Element(a), Item::Element(b)) if a == b));
    items
}
