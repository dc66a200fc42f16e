"""Why another engine is ahead of simdr in a row, where it is: what was found out by looking, as (row, engine, words), the first that fits."""
import re

WRITE_ONCE = ("collects its writes in a buffer and makes its table at the end: until then nothing can be read, and a crash leaves nothing. simdr's put is "
              "in the file and found by readers when it returns")
REASONS = [
    (r"(put|batch)/\d+|whole/(wall|user)", r"tinycdb", WRITE_ONCE),
    (r"(put|batch)/65536|put/1048576", r"crate", "both write the value once; the rest is the page cache's own writing, and the spread of a shared machine"),
    (r"disk/\d+", r".*", "payloads start on 64-byte boundaries, so that they can be used in place, and each has a trailer of 20 bytes; others pack them"),
    (r"get/(65536|1048576)/t\d", r".*", "all of the payload is read, which takes nearly all of the time; what is written in pieces of 64 KiB lies in pages of that size, and is read "
                                        "up to a tenth more slowly than from huge pages"),
    (r"miss/\d+/t\d", r"crate", "a miss reads one byte a slot of its map, an eighth of simdr's index, which more of stays in the cache; and it is asked in fewer "
                               "instructions: where a processor's reorder buffer is short (index_bench, TwoMisses), more of its lookups are under way"),
    (r"open/\d+/memory", r".*", "the table lies in the file and is not counted; simdr's read-only open with an index file does the same, but for its handles"),
    (r"open/\d+", r".*", "opens what it does not check, in the same time whatever the size. simdr reads all trailers, or with an index file all of the index, and takes only what "
                         "its checksums vouch for"),
    (r"compact/\d+", r"kyoto", "has written the newer values over the older ones of the same size, so there is nothing to move"),
    (r"compact/\d+", r"lmdb", "the copy is not synced, and replaces nothing; simdr syncs the new file before it takes the old one's place"),
    (r"compact/65536", r"rocksdb", "values from 4 KiB on are in blob files, which a compaction leaves alone"),
    (r"growth/\d+/put_max", r".*", "the longest is one 2 MiB window filled with memory that the host had taken back; it differs from run to run more than between the engines"),
    (r"mixed/.*", r".*", "a few nanoseconds, within the spread"),
    (r"whole/maxrss", r"crate", "its file is written, not mapped, by this process; mapped pages of the page cache count as the process's own here"),
    (r"durable/\d+", r".*", "the disk's sync is nearly all of it"),
]


def reason(row, engine):
    for row_pattern, engine_pattern, words in REASONS:
        if re.fullmatch(row_pattern, row) and re.fullmatch(engine_pattern, engine):
            return words
    return "not looked into"
