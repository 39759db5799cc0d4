//! What errors say and what `Debug` shows, without the same lines around each.

/// `Display` for an error, by an expression that writes to a formatter; and `Error`.
macro_rules! says {
    ([$($of:tt)*] $error:ty: |$own:pat_param, $f:ident| $said:expr) => {
        impl<$($of)*> std::fmt::Display for $error {
            fn fmt(&self, $f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let $own = self;
                $said
            }
        }

        impl<$($of)*> std::error::Error for $error {}
    };
}

/// `Debug` that shows some figures, and asks nothing of the type's parameters.
macro_rules! shows {
    ([$($of:tt)*] $type:ty: |$own:pat_param| $name:ident { $($figure:ident: $value:expr),* }) => {
        impl<$($of)*> std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let $own = self;
                let mut shown = f.debug_struct(stringify!($name));
                $(shown.field(stringify!($figure), &$value);)*
                shown.finish_non_exhaustive()
            }
        }
    };
}
