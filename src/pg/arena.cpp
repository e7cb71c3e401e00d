#include "ideamine/pg/arena.hpp"

namespace ideamine::pg {

// In the postmaster. What a server process is forked from keeps no attachment.
void Arena::create(SharedArea& shared) {
    auto& arena = static_cast<Arena&>(shared);
    dsa_area* const area =
        dsa_create_in_place(arena.memory(), arena.size(), arena.tranche(), nullptr);
    dsa_pin(area);
    // whatever it would get beyond this is a segment that has to be attached, which may fail
    dsa_set_size_limit(area, arena.size());
    dsa_detach(area);
}

void Arena::attach() {
    if (area_ != nullptr) {
        return;
    }
    check_available();
    area_ = call([this] {
        const auto previous = MemoryContextSwitchTo(TopMemoryContext);
        dsa_area* const area = dsa_attach_in_place(memory(), nullptr);
        dsa_pin_mapping(area);
        on_shmem_exit(dsa_on_shmem_exit_release_in_place, PointerGetDatum(memory()));
        MemoryContextSwitchTo(previous);
        return area;
    });
}

Arena::Offset Arena::allocate(std::size_t size) {
    attach();
    return call([size, this] { return dsa_allocate_extended(area_, size, DSA_ALLOC_NO_OOM); });
}

void Arena::free(Offset piece) {
    call([piece, this] { dsa_free(area_, piece); });
}

}  // namespace ideamine::pg
