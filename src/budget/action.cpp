#include "budget/action.hpp"

#include <cstddef>

#include "budget/names.hpp"

namespace ideamine::budget {

namespace {

using jobs::PriorityClass;

// In the order of the enumeration.
constexpr std::array<std::string_view, actions.size()> names{"none", "alert", "preempt-P3",
                                                             "preempt-P2-P3", "pause-all"};

constexpr ClassSet waiting_after(Action action) {
    switch (action) {
        case Action::none:
        case Action::alert:
            return {};
        case Action::preempt_p3:
            return {PriorityClass::p3};
        case Action::preempt_p2_p3:
            return {PriorityClass::p2, PriorityClass::p3};
        case Action::pause_all:
            break;
    }
    return {PriorityClass::p0, PriorityClass::p1, PriorityClass::p2, PriorityClass::p3};
}

}  // namespace

std::string_view to_string(Action action) {
    return names[static_cast<std::size_t>(action)];
}

Action parse_action(std::string_view name) {
    return parse_name<Action>(names, name, "unknown action",
                              "Actions are none, alert, preempt-P3, preempt-P2-P3 and pause-all.");
}

Closed closed_by(Action action) {
    const auto waiting = waiting_after(action);
    return {.waiting = waiting, .preempted = waiting - ClassSet{PriorityClass::p0}};
}

}  // namespace ideamine::budget
