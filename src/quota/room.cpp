#include "quota/room.hpp"

namespace ideamine::quota {

namespace {

using Tell = void (*)(std::int64_t);
constinit Tell tell_them = nullptr;

}  // namespace

void when_room_is_made(void (*tell)(std::int64_t waiting)) {
    tell_them = tell;
}

void tell_of_room(std::int64_t waiting) {
    if (tell_them != nullptr) {
        tell_them(waiting);
    }
}

}  // namespace ideamine::quota
