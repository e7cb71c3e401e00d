#include "jobs/load_store.hpp"

#include "dispatch/loading_shared.hpp"
#include "jobs/publish_store.hpp"

namespace ideamine::jobs {

namespace {

constinit pg::Statement list_ready{
    "SELECT " IDEAMINE_READY("j") " FROM ideamine.jobs j"
    " WHERE j.status = 'pending' AND j.ready_at IS NOT NULL",
    pg::Statement::Kind::reads_latest};

}  // namespace

bool load_if_due(bool found_little) {
    if (!dispatch::shared::Loading::begin(found_little)) {
        return false;
    }
    dispatch::shared::Loading loading;
    for_each_ready(list_ready.execute(), 0, [&](const auto& ready) { loading.add(ready); });
    loading.finish();
    return true;
}

}  // namespace ideamine::jobs
