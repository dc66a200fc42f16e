// Takes a file apart into entries and a guard, changes one thing, and puts it together with links and checksums that fit
// again; then, now and then, spoils one field. Plain bit flips alone would never get past the first checksum.
#include <algorithm>
#include <cstring>
#include <vector>

#include "format/guard_line.h"
#include "format/trailer.h"
#include "recovery/scanner.h"
#include "simd/kernels.h"
#include "targets.h"
#include "workload.h"

namespace simdr::core::test {
namespace {

struct Piece {
  std::uint64_t key;
  Bytes payload;
  bool is_tombstone;
};

class Pieces final : public ChainSink {
 public:
  explicit Pieces(ByteView file) : file_(file) {}
  bool on_begin(const Layout& found) override {
    pieces.clear();
    layout = found;
    return true;
  }
  bool on_batch(const EntryRecord* records, std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i) {
      const std::byte* from = file_.data() + records[i].payload_offset;
      pieces.push_back({records[i].key_hash, Bytes(from, from + records[i].payload_size()), records[i].is_tombstone});
    }
    return pieces.size() < 2000;
  }

  std::vector<Piece> pieces;  // newest first
  Layout layout;

 private:
  ByteView file_;
};

void change_one(std::vector<Piece>* pieces, Random* random) {
  Piece& piece = (*pieces)[random->below(pieces->size())];
  switch (random->below(8)) {
    case 0:
      if (pieces->size() > 1)
        pieces->erase(pieces->begin() + static_cast<std::ptrdiff_t>(random->below(pieces->size())));
      break;
    case 1: {
      const Piece copy = piece;
      pieces->insert(pieces->begin() + static_cast<std::ptrdiff_t>(random->below(pieces->size())), copy);
      break;
    }
    case 2:
      piece.payload.resize(1 + random->below(piece.payload.size() * 2 + 80));
      break;
    case 3:
      piece.key = random->below(2) == 0 ? kGuardKeyHash : (*pieces)[random->below(pieces->size())].key;
      break;
    case 4:
      piece = {piece.key, Bytes{kTombstoneByte}, true};
      break;
    case 5:
      piece.payload.assign(1 + random->below(200), static_cast<std::byte>(random->below(3) * 127));
      break;
    case 6:
      std::swap(piece, (*pieces)[random->below(pieces->size())]);
      break;
    default:
      piece.payload[random->below(piece.payload.size())] ^= static_cast<std::byte>(1u << random->below(8));
  }
}

Bytes put_together(const std::vector<Piece>& pieces, const Layout& layout, std::vector<std::uint64_t>* tails) {
  Bytes out;
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
    const std::uint64_t prev_tail = out.size();
    if (!piece->is_tombstone) out.resize(static_cast<std::size_t>(align_up(prev_tail, layout.alignment)));
    out.insert(out.end(), piece->payload.begin(), piece->payload.end());
    std::byte trailer[kTrailerSize];
    encode_trailer(trailer,
                   {piece->key, prev_tail, simd::kernels().crc32(0, piece->payload.data(), piece->payload.size())});
    out.insert(out.end(), trailer, trailer + layout.trailer_size);
    tails->push_back(out.size());
  }
  return out;
}

void add_guard(Bytes* file, const std::vector<std::uint64_t>& tails, Random* random) {
  const std::uint64_t line = align_up(file->size() + random->below(300), kGuardLineSize);
  file->resize(static_cast<std::size_t>(line + kGuardSize), std::byte{0xFF});
  std::uint64_t marks[3];
  for (std::uint64_t& mark : marks)
    mark = random->below(5) == 0 ? random->below(line + 1) : tails[random->below(tails.size())];
  std::sort(marks, marks + 3);
  std::byte guard[kGuardSize];
  encode_guard(guard, line, {marks[0], marks[1], 1, static_cast<std::uint32_t>(random->below(2)), marks[2]});
  std::memcpy(file->data() + line, guard, kGuardSize);
}

void spoil(Bytes* file, const std::vector<std::uint64_t>& tails, Random* random) {
  const std::uint64_t tail = tails[random->below(tails.size())];
  switch (random->below(5)) {
    case 0:  // a link
      store_le64(file->data() + tail - kTrailerSize + kTrailerPrevTailAt,
                 random->below(2) == 0 ? 0 : tails[random->below(tails.size())]);
      break;
    case 1:
      file->resize(static_cast<std::size_t>(1 + random->below(file->size())));
      break;
    case 2:
      file->resize(file->size() + static_cast<std::size_t>(random->below(600)));
      break;
    case 3: {  // a hole
      const std::uint64_t at = random->below(file->size());
      std::fill_n(file->begin() + static_cast<std::ptrdiff_t>(at), std::min<std::uint64_t>(512, file->size() - at),
                  std::byte{0});
      break;
    }
    default:
      (*file)[random->below(file->size())] ^= static_cast<std::byte>(1u << random->below(8));
  }
}

}  // namespace

std::size_t mutate_store(std::uint8_t* data, std::size_t size, std::size_t capacity, std::uint32_t seed) {
  const ByteView file(reinterpret_cast<const std::byte*>(data), size);
  Pieces pieces(file);
  if (!scan(file, {}, &pieces) || pieces.pieces.empty()) return 0;
  Random random(seed);
  for (std::uint64_t i = 0, count = 1 + random.below(3); i < count; ++i) change_one(&pieces.pieces, &random);
  constexpr Layout kLayouts[] = {kAligned64, kAligned16, kPacked20, kPacked19};
  const Layout layout = random.below(8) == 0 ? kLayouts[random.below(4)] : pieces.layout;
  std::vector<std::uint64_t> tails;
  Bytes out = put_together(pieces.pieces, layout, &tails);
  if (random.below(3) == 0 && layout == kAligned64) add_guard(&out, tails, &random);
  if (random.below(2) == 0) spoil(&out, tails, &random);
  if (out.size() > capacity) out.resize(capacity);
  std::memcpy(data, out.data(), out.size());
  return out.size();
}

}  // namespace simdr::core::test
