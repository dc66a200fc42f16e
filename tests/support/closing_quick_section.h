// A QuickReadSection that its scope closes.
#pragma once

#include "platform/read_section.h"

namespace simdr::test {

class ClosingQuickSection : public core::QuickReadSection {
 public:
  ~ClosingQuickSection() {
    if (is_open()) close();
  }
};

}  // namespace simdr::test
