// Memory that all processes of a server share, handed out in pieces.
#pragma once

#include <cstddef>

#include "ideamine/pieces.hpp"

namespace ideamine::dispatch {

// Names a piece in every process; 0 is none.
using Offset = Pieces::Offset;

class Memory {
  public:
    // 0: there is no room.
    virtual Offset allocate(std::size_t size) = 0;
    virtual void free(Offset piece) = 0;

    template <typename T>
    T& at(Offset piece) const {
        return *static_cast<T*>(address(piece));
    }

  protected:
    Memory() = default;
    ~Memory() = default;

  private:
    virtual void* address(Offset piece) const = 0;
};

}  // namespace ideamine::dispatch
