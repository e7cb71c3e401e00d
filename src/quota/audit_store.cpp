#include "quota/audit_store.hpp"

#include "admission/upkeep_shared.hpp"
#include "quota/leases_store.hpp"
#include "quota/platform_ledger_store.hpp"
#include "quota/tenant_ledger_store.hpp"
#include "quota/user_store.hpp"

namespace ideamine::quota {

namespace {

using admission::Sums;
using admission::Usage;
using admission::shared::Listed;

Resource as_it_is(int resource) {
    return static_cast<Resource>(resource);
}

Resource as_runs(int) {
    return Resource::concurrent_runs;
}

std::string with_spaces(std::string_view id) {
    std::string text{id};
    std::ranges::replace(text, '\x1f', ' ');
    return text;
}

// A run's id is bytes.
std::string tenant_and_run(std::string_view id) {
    Uuid run;
    const auto tenant_length = id.size() - run.bytes.size();
    std::ranges::copy(id.substr(tenant_length), run.bytes.begin());
    return std::string{id.substr(0, tenant_length)} + " " + to_string(run);
}

const Book* book_of_others = nullptr;

const Book* book_of(char kind) {
    static const std::array<Book, 4> books{
        {{tenant_kind, "tenant", tenant_ledger(), as_it_is, with_spaces},
         {user_kind, "user", user_ledger(), as_it_is, with_spaces},
         {run_kind, "run", run_ledger(), as_runs, tenant_and_run},
         {platform_kind, "platform", platform_ledger(), as_it_is, with_spaces}}};
    const auto* book = std::ranges::find(books, kind, &Book::kind);
    return book == books.end() ? book_of_others : book;
}

bool is_still(const Listed& listed) {
    return !listed.in_flux && listed.usage.held == 0 && listed.usage.releasing == 0;
}

bool says_the_same(const Usage& one, const Usage& other) {
    return one.settled == other.settled && one.leased == other.leased;
}

// Between two looks at a counter its ledger was read. If anything moved, the ledger says something
// in between: at least what is settled and not being given back, at most that with what is held.
const char* judge(const Listed& before, const Sums& sums, const Listed& after) {
    if (is_still(before) && is_still(after) && says_the_same(before.usage, after.usage)) {
        const bool agrees =
            sums.settled == before.usage.settled && sums.leased == before.usage.leased;
        return agrees ? "ok" : "broken";
    }
    const auto least = std::min(before.usage.settled - before.usage.releasing,
                                after.usage.settled - after.usage.releasing);
    const auto most =
        std::max(before.usage.settled + before.usage.held, after.usage.settled + after.usage.held);
    return sums.settled >= least && sums.settled <= most ? "busy" : "broken";
}

}  // namespace

void audit_also(const Book& book) {
    book_of_others = &book;
}

std::int64_t audit_counters(pg::Returned& returned) {
    std::int64_t broken = 0;
    for (const auto& listed : admission::shared::list()) {
        pg::check_interrupts();
        const auto* book = book_of(listed.kind);
        const auto sums = book->ledger.read_sums(listed.id, listed.resource, listed.window_start);
        const auto again = admission::shared::look_again(listed);
        if (!again) {
            continue;
        }
        const auto resource = book->resource_of(listed.resource);
        const auto units = [digits = decimal_digits(resource)](Amount amount) {
            return pg::Units{amount, digits};
        };
        const std::string_view state = judge(listed, sums, *again);
        broken += state == "broken" ? 1 : 0;
        returned.add(book->scope, book->printable(listed.id),
                     pg::Enum{"resource", to_string(resource)}, listed.window_start,
                     units(again->usage.settled), units(again->usage.leased),
                     units(again->usage.held), units(sums.settled), units(sums.leased), state);
    }
    return broken;
}

}  // namespace ideamine::quota
