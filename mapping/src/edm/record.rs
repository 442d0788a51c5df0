//! Accessors and setters of records with private fields, so that every record does them alike.

/// `get` reads a field that is always there, `option` and `list` read and set one that need not be.
macro_rules! fields {
    ($(#[$doc:meta])* get $name:ident: $kind:ty; $($rest:tt)*) => {
        $(#[$doc])*
        pub fn $name(&self) -> &$kind {
            &self.$name
        }
        fields! { $($rest)* }
    };
    ($(#[$doc:meta])* copy $name:ident: $kind:ty; $($rest:tt)*) => {
        $(#[$doc])*
        pub fn $name(&self) -> $kind {
            self.$name
        }
        fields! { $($rest)* }
    };
    ($(#[$doc:meta])* option $name:ident, $with:ident: $kind:ty; $($rest:tt)*) => {
        $(#[$doc])*
        pub fn $name(&self) -> Option<&$kind> {
            self.$name.as_ref()
        }
        /// Sets it.
        #[must_use]
        pub fn $with(mut self, value: impl Into<Option<$kind>>) -> Self {
            self.$name = value.into();
            self
        }
        fields! { $($rest)* }
    };
    ($(#[$doc:meta])* list $name:ident, $with:ident: $kind:ty; $($rest:tt)*) => {
        $(#[$doc])*
        pub fn $name(&self) -> &[$kind] {
            &self.$name
        }
        /// Sets them.
        #[must_use]
        pub fn $with(mut self, values: Vec<$kind>) -> Self {
            self.$name = values;
            self
        }
        fields! { $($rest)* }
    };
    () => {};
}
