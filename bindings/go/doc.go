// Package simdr is an append-only store of key -> bytes in one memory-mapped file: the Go side of libsimdr, which it
// finds through pkg-config.
//
// # Bytes
//
// What a store hands out is of one of three kinds:
//
//   - A copy, which is Go memory and yours: [Store.Append], [Store.ReadAt], [Entry.Copy].
//   - Bytes in the mapped file behind a handle: [Entry.Bytes], [Batch.Bytes]. They are valid until the handle is closed. They
//     do not keep the handle alive: a handle that nothing refers to any more is closed by the garbage collector
//     at some time, and a []byte that came from it then points nowhere. Closing it yourself, best by defer, is
//     what keeps it alive till then.
//   - Bytes in the mapped file that are lent for a while: to the function given to [Store.View] and [Store.ForEach], to the body of
//     a loop over [Store.Views]. They are valid until that function returns or that loop ends.
//
// The file is mapped read-only: writing to such bytes ends the process. So does reading them where the file can no
// longer be read, because the disk fails or another program has cut the file; [Store.ReadAt] gives an error there
// instead.
//
// Entries outlive their store, its compaction and its close.
//
// # Goroutines
//
// A Store may be used from any number of goroutines at once, also while one of them closes it: a call either is over
// before the close, or gives [ErrClosed]. So may an Entry and a Batch; what they lent must not be used after the close.
// A Writer, and a loop, belong to one goroutine at a time.
//
// # Errors
//
// Every status of the library is a constant of type [Status], to be used with [errors.Is]:
//
//	if errors.Is(err, simdr.ErrNotFound) { ... }
//
// What is more than an ordinary outcome comes as an [*Error], with the library's own words. Where the standard library
// has a name for it, that works too: [io/fs.ErrNotExist], [io/fs.ErrExist], [io/fs.ErrPermission], [io/fs.ErrClosed],
// and errno as [syscall.Errno].
//
// A handle that was closed gives [ErrClosed], also to a second Close. Every handle has a cleanup as a backstop: what is
// dropped without a Close is released by the garbage collector, whenever that is.
package simdr
