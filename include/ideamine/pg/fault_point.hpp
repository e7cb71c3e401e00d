// Named places at which a test lets something go wrong: ideamine.fault names one, and what happens
// there to whoever passes.
//
//   SET ideamine.fault = 'admission.taken kill 7'     at every 7th time that a process passes
//
//   kill   the process is gone at once, as with kill -9
//   abort  the session is ended
//   error  the statement is cancelled
//   sleep  it takes 5 ms, so that others come between
//
// Costs a comparison while the setting is empty. test/tap/quota_faults.pl goes through all of them.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

void define_fault_setting();

namespace detail {

extern char* fault;
enum class Failing { possible, impossible };
void pass_fault_point(std::string_view name, Failing failing);

inline bool fault_is_set() {
    return fault != nullptr && *fault != '\0';
}

}  // namespace detail

// Where an error may be thrown.
inline void fault_point(std::string_view name) {
    if (detail::fault_is_set()) [[unlikely]] {
        detail::pass_fault_point(name, detail::Failing::possible);
    }
}

// Where nothing may fail, so that only `kill` and `sleep` strike.
inline void fault_point_without_error(std::string_view name) {
    if (detail::fault_is_set()) [[unlikely]] {
        detail::pass_fault_point(name, detail::Failing::impossible);
    }
}

}  // namespace ideamine::pg
