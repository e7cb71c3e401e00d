// The wall between C++ and PostgreSQL.
//
// The server reports errors by longjmp, C++ by exceptions, and neither may cross the other's
// frames:
//   - code that calls the server runs inside pg::call(), which turns an ERROR into a thrown
//   pg::Error;
//   - each function that the server calls is one pg::boundary(), which turns whatever was thrown
//   into
//     an ERROR after every C++ frame is gone.
// CONTRIBUTING.md explains both regimes.
#pragma once

#include "ideamine/error.hpp"
#include "ideamine/pg/api.hpp"

namespace ideamine::pg {

// An ERROR of the server on its way through C++ frames, whole: SQLSTATE, message, DETAIL, HINT and
// CONTEXT arrive as they left. Not a std::exception, so that no careless catch swallows it: after
// an ERROR the transaction must be rolled back, and only what does so may stop it.
class Error {
  public:
    // Takes the current error over from the server.
    static Error take(MemoryContext current);

    const ErrorData& data() const { return *data_; }
    std::string_view sqlstate() const;
    std::string message() const { return data_->message != nullptr ? data_->message : ""; }

    // Hands the error back to the server; nothing with a destructor may be left in the frames
    // above.
    [[noreturn]] void raise() const;
    // For whoever stopped it and has rolled back: frees what it holds.
    void discard() const;
    // For a background worker that stopped it: writes it to the server's log.
    void log() const;

  private:
    Error(MemoryContext holder, ErrorData* data) : holder_(holder), data_(data) {}

    MemoryContext holder_;
    ErrorData* data_;
};

namespace detail {

void guarded(void (*function)(void*), void* argument);
// Copies the exception being handled to where a longjmp cannot leak it.
void remember_exception();
[[noreturn]] void raise_remembered();

}  // namespace detail

// Runs code that may raise a server error; throws pg::Error if it does. Objects with destructors
// that the lambda itself makes would be skipped by the longjmp: it should only call the server.
template <typename Function>
auto call(Function&& function) {
    using Result = std::invoke_result_t<Function>;
    if constexpr (std::is_void_v<Result>) {
        detail::guarded([](void* f) { (*static_cast<std::remove_reference_t<Function>*>(f))(); },
                        &function);
    } else {
        static_assert(std::is_trivially_destructible_v<Result>);
        struct Frame {
            std::remove_reference_t<Function>* function;
            Result result;
        } frame{&function, {}};
        detail::guarded(
            [](void* f) {
                auto* called = static_cast<Frame*>(f);
                called->result = (*called->function)();
            },
            &frame);
        return frame.result;
    }
}

// The whole body of a function that the server calls.
template <typename Function>
auto boundary(Function&& function) -> std::invoke_result_t<Function> {
    try {
        return function();
    } catch (...) {
        detail::remember_exception();
    }
    detail::raise_remembered();
}

// Throws if the statement was cancelled, its time is up or the session is to end.
inline void check_interrupts() {
    if (INTERRUPTS_PENDING_CONDITION()) {
        call([] { ProcessInterrupts(); });
    }
}

}  // namespace ideamine::pg

// Declares and opens a function that SQL can call; `fcinfo` is its argument.
#define IDEAMINE_FUNCTION(name) \
    extern "C" {                \
    PG_FUNCTION_INFO_V1(name);  \
    }                           \
    extern "C" PGDLLEXPORT Datum name([[maybe_unused]] PG_FUNCTION_ARGS)
