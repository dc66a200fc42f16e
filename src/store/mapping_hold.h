// A reference to a mapping for the length of a block.
#pragma once

#include "mapping/mapped_file.h"

namespace simdr::core {

// Keeps a mapping for a while. Only where the owner's own references cannot go meanwhile: under the write lock.
class MappingHold {
 public:
  explicit MappingHold(MappedFile* mapped) noexcept : mapped_(mapped) { mapped_->add_ref(0); }
  ~MappingHold() { mapped_->drop_ref(0); }
  MappingHold(const MappingHold&) = delete;
  MappingHold& operator=(const MappingHold&) = delete;

 private:
  MappedFile* mapped_;
};

}  // namespace simdr::core
