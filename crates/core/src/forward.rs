//! `&T`, `Box<T>` and `Arc<T>` are what `T` is.

use crate::{
    ContainerOps, EventOps, ImageOps, NetworkOps, Result, Runtime, SystemOps, VolumeOps,
    operation::Capabilities,
    table::{container_ops, event_ops, image_ops, network_ops, system_ops, volume_ops},
    types::*,
};
use async_trait::async_trait;
use bytes::Bytes;
use std::{any::Any, sync::Arc};

macro_rules! pointers { ($($group:tt)*) => {
    forward! { [&T] $($group)* }
    forward! { [Box<T>] $($group)* }
    forward! { [Arc<T>] $($group)* }
} }

macro_rules! forward { ([$($pointer:tt)*] $group:ident $( $hook:ident $name:ident $Op:ident [$($flag:tt)*] ($($a:ident : $ty:ty),*) -> $ret:ty; )*) => {
    #[async_trait]
    #[deny(clippy::missing_trait_methods)]
    impl<T: ?Sized + $group> $group for $($pointer)* { $(
        async fn $name(&self $(, $a: $ty)*) -> Result<$ret> { T::$name(self $(, $a)*).await }
    )* }
} }

system_ops!(pointers);
container_ops!(pointers);
image_ops!(pointers);
event_ops!(pointers);
volume_ops!(pointers);
network_ops!(pointers);

macro_rules! runtime { ($($pointer:ty),*) => { $(
    #[deny(clippy::missing_trait_methods)]
    impl<T: ?Sized + Runtime> Runtime for $pointer {
        fn volumes(&self) -> Option<&dyn VolumeOps> { T::volumes(self) }
        fn networks(&self) -> Option<&dyn NetworkOps> { T::networks(self) }
        fn capabilities(&self) -> Capabilities { T::capabilities(self) }
        fn backend(&self) -> Option<&dyn Any> { T::backend(self) }
    }
)* } }
runtime!(&T, Box<T>, Arc<T>);
