#include "ideamine/pg/function.hpp"
#include "jobs/completions_json_sql.hpp"

using namespace ideamine;

IDEAMINE_FUNCTION(ideamine_complete_jobs) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        constexpr auto argument = "completions";
        const auto completions =
            jobs::read_completions(argument, arguments.required<pg::Json>(0, argument));
        const bool strict = arguments.optional<bool>(1).value_or(false);
        pg::Returned returned{arguments};
        const pg::Spi spi;
        const auto settled = jobs::settle_completions(completions, strict);
        for (std::size_t i = 0; i < settled.size(); ++i) {
            const auto& lease = completions[i].lease;
            returned.add(lease.tenant, lease.job, to_string(settled[i].answer));
        }
        return Datum{0};
    });
}
