// Shared memory that is handed out in pieces.
#pragma once

#include "ideamine/pg/shared_state.hpp"

extern "C" {
#include "utils/dsa.h"
}

namespace ideamine::pg {

// Declared as `constinit pg::Arena name{"ideamine …"}`, and reserved with its size while the
// library is preloaded. It never grows, so that what was handed out can be used where nothing may
// fail.
class Arena : public SharedArea {
  public:
    // Names a piece in every process; 0 is none.
    using Offset = dsa_pointer;

    constexpr explicit Arena(const char* name) : SharedArea(name, 0, 1, create) {}

    // 0 if there is no room. Never while an LWLock is held.
    Offset allocate(std::size_t size);
    void free(Offset piece);
    // Of a piece; once a process has allocated or attached, this cannot fail.
    void* address(Offset piece) const { return dsa_get_address(area_, piece); }
    // Before a process uses it.
    void attach();

  private:
    static void create(SharedArea& area);

    dsa_area* area_ = nullptr;
};

}  // namespace ideamine::pg
