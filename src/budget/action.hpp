// What a threshold of a budget does when it fires.
#pragma once

#include <array>
#include <string_view>

#include "jobs/priority_class.hpp"

namespace ideamine::budget {

enum class Action {
    none,   // the threshold is off: it never fires
    alert,  // nothing is stopped; that it fired is told, as with all that follow
    preempt_p3,
    preempt_p2_p3,
    pause_all,
};

inline constexpr std::array<Action, 5> actions{Action::none, Action::alert, Action::preempt_p3,
                                               Action::preempt_p2_p3, Action::pause_all};

// "none", "alert", "preempt-P3", "preempt-P2-P3", "pause-all".
std::string_view to_string(Action action);
// Accepts exactly what to_string() gives. Throws ID400, naming all there are.
Action parse_action(std::string_view name);

using jobs::ClassSet;

// Priority classes that get nothing of a budget any more.
struct Closed {
    ClassSet waiting;    // no job of these is handed out
    ClassSet preempted;  // running jobs of these give way: all that wait but P0, which may finish

    bool operator==(const Closed&) const = default;
};

Closed closed_by(Action action);

}  // namespace ideamine::budget
