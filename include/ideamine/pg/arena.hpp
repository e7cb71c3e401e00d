// Shared memory that is handed out in pieces.
#pragma once

#include "ideamine/pg/shared_state.hpp"
#include "ideamine/pieces.hpp"

namespace ideamine::pg {

// Declared as `constinit pg::Arena name{"ideamine …"}`, and reserved with its size while the
// library is preloaded. It never grows. None of this can fail but by having no room, so that it may
// be used where nothing may fail, also under other locks.
class Arena : public SharedArea {
  public:
    using Offset = Pieces::Offset;

    constexpr explicit Arena(const char* name) : SharedArea(name, 0, 1, create) {}

    // 0 if there is no room.
    Offset allocate(std::size_t size);
    void free(Offset piece);
    void* address(Offset piece) const { return pieces().address(piece); }
    // Bytes, see Pieces.
    std::size_t in_use() const;

  private:
    static void create(SharedArea& area);
    Pieces& pieces() const { return *static_cast<Pieces*>(memory()); }
};

}  // namespace ideamine::pg
