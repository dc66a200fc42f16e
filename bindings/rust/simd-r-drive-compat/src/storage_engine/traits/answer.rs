//! Asynchronous methods as the macro `async_trait` writes them, so that implementations which use it fit, without depending on it.

use std::future::Future;
use std::io::Result;
use std::pin::Pin;

/// What an asynchronous method returns.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// `methods! { /// Words. name<'a, 'b>(argument: Type) -> Result; ... }` inside a trait: the first lifetime is that of `self`, the others
/// those of the arguments, one for each reference.
macro_rules! methods {
    ($(
        $(#[$doc:meta])*
        $name:ident<$($lifetime:lifetime),+ $(; $reader:ident)?>($(($argument:ident: $type:ty))*) -> $result:ty;
    )*) => {$(
        methods! { @one [$(#[$doc])*] $name [$($lifetime),+] [$($reader)?] ($($argument: $type),*) $result }
    )*};
    (@one [$(#[$doc:meta])*] $name:ident [$own:lifetime $(, $lifetime:lifetime)*] [$($reader:ident)?]
     ($($argument:ident: $type:ty),*) $result:ty) => {
        $(#[$doc])*
        fn $name<$own, $($lifetime,)* 'async_trait, $($reader)?>(&$own self, $($argument: $type),*)
            -> $crate::storage_engine::traits::Answer<'async_trait, $result>
        where
            $($reader: 'async_trait + std::io::Read,)?
            $own: 'async_trait,
            $($lifetime: 'async_trait,)*
            Self: 'async_trait;
    };
}
pub(super) use methods;
