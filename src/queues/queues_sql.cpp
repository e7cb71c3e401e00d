#include "access/tenant_store.hpp"
#include "ideamine/identifier.hpp"
#include "ideamine/pg/function.hpp"
#include "jobs/settle_store.hpp"
#include "queues/queues_store.hpp"

using namespace ideamine;

namespace {

struct Queue {
    std::string tenant;
    std::string name;
};

Queue queue_of(const pg::Arguments& arguments) {
    Queue queue{access::resolve_tenant(arguments.optional<std::string>(0)),
                arguments.required<std::string>(1, "queue")};
    check_identifier("queue", queue.name);
    return queue;
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_pause_queue) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto [tenant, name] = queue_of(arguments);
        auto reason = arguments.optional<std::string>(2);
        if (reason) {
            reason = jobs::cut_error(*std::move(reason));
        }
        const pg::Spi spi;
        access::require_tenant(tenant, access::Missing::is_error);
        return Int64GetDatum(queues::pause(tenant, name, reason));
    });
}

IDEAMINE_FUNCTION(ideamine_resume_queue) {
    return pg::boundary([&] {
        const auto [tenant, name] = queue_of(pg::Arguments{fcinfo});
        const pg::Spi spi;
        access::require_tenant(tenant, access::Missing::is_error);
        return Int64GetDatum(queues::resume(tenant, name));
    });
}
