#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

Error Error::take(MemoryContext current) {
    // A context of its own: the current one may be SPI's, which is gone before the boundary is
    // reached.
    MemoryContext holder =
        AllocSetContextCreate(TopMemoryContext, "ideamine error", ALLOCSET_SMALL_SIZES);
    MemoryContextSwitchTo(holder);
    ErrorData* data = CopyErrorData();
    FlushErrorState();
    MemoryContextSwitchTo(current);
    return {holder, data};
}

std::string_view Error::sqlstate() const {
    return unpack_sql_state(data_->sqlerrcode);
}

void Error::raise() const {
    // ReThrowError() copies into ErrorContext; as its child, our copy goes when that is reset.
    MemoryContextSetParent(holder_, ErrorContext);
    ReThrowError(data_);
}

void Error::discard() const {
    MemoryContextDelete(holder_);
}

void Error::log() const {
    call([this] {
        ereport(LOG, (errcode(data_->sqlerrcode), errmsg_internal("%s", message().c_str()),
                      data_->detail != nullptr ? errdetail_internal("%s", data_->detail) : 0,
                      data_->hint != nullptr ? errhint("%s", data_->hint) : 0,
                      data_->context != nullptr ? errcontext_msg("%s", data_->context) : 0));
    });
}

namespace detail {

void guarded(void (*function)(void*), void* argument) {
    sigjmp_buf* const outer = PG_exception_stack;
    ErrorContextCallback* const outer_context = error_context_stack;
    const MemoryContext memory = CurrentMemoryContext;
    const auto restore = [=] {
        PG_exception_stack = outer;
        error_context_stack = outer_context;
    };

    sigjmp_buf here;
    if (sigsetjmp(here, 0) != 0) {
        restore();
        throw Error::take(memory);
    }
    PG_exception_stack = &here;
    try {
        function(argument);
    } catch (...) {
        restore();
        throw;
    }
    restore();
}

namespace {

// What raise_remembered() needs, where neither unwinding nor a longjmp can lose it. A backend has
// one thread, and nothing runs between remembering and raising.
struct Remembered {
    std::optional<Error> server;
    const char* sqlstate;
    char message[1024];
    char detail[4096];
    char hint[1024];
};
constinit Remembered remembered{};

// Cuts at a whole character, so that the message stays valid in the server's encoding.
template <std::size_t size>
void keep(char (&buffer)[size], std::string_view text) {
    const auto kept = std::min(text.size(), size - 1);
    const auto length =
        pg_mbcliplen(text.data(), static_cast<int>(text.size()), static_cast<int>(kept));
    std::memcpy(buffer, text.data(), static_cast<std::size_t>(length));
    buffer[length] = '\0';
}

void remember(const char* sqlstate, std::string_view message, std::string_view detail = {},
              std::string_view hint = {}) {
    remembered.server.reset();
    remembered.sqlstate = sqlstate;
    keep(remembered.message, message);
    keep(remembered.detail, detail);
    keep(remembered.hint, hint);
}

}  // namespace

void remember_exception() {
    try {
        throw;
    } catch (const Error& error) {
        remembered.server = error;
    } catch (const ideamine::Error& error) {
        remember(ideamine::sqlstate(error.code()), error.message(), error.detail(), error.hint());
    } catch (const std::bad_alloc&) {
        remember("53200", "out of memory");
    } catch (const std::exception& error) {
        remember("XX000", error.what());
    } catch (...) {
        remember("XX000", "unknown C++ exception");
    }
}

void raise_remembered() {
    if (remembered.server) {
        remembered.server->raise();
    }
    const char* const code = remembered.sqlstate;
    ereport(ERROR, (errcode(MAKE_SQLSTATE(code[0], code[1], code[2], code[3], code[4])),
                    errmsg_internal("%s", remembered.message),
                    remembered.detail[0] != '\0' ? errdetail_internal("%s", remembered.detail) : 0,
                    remembered.hint[0] != '\0' ? errhint("%s", remembered.hint) : 0));
    pg_unreachable();
}

}  // namespace detail
}  // namespace ideamine::pg
