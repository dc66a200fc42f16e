//! Reading and writing, for stores and for what stands in for one.

mod answer;
mod reader;
mod writer;

pub use answer::Answer;
pub use reader::{AsyncDataStoreReader, DataStoreReader};
pub use writer::{AsyncDataStoreWriter, DataStoreWriter};
