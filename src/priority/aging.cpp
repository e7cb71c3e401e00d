#include "priority/aging.hpp"

#include "dispatch/aging.hpp"

namespace ideamine::priority {

using jobs::PriorityClass;

PriorityClass aged(PriorityClass assigned, Duration waited, Duration interval) {
    return static_cast<PriorityClass>(
        dispatch::aged(static_cast<std::uint8_t>(assigned), waited, interval));
}

}  // namespace ideamine::priority
