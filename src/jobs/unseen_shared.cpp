#include "jobs/unseen_shared.hpp"

#include "dispatch/dispatch_shared.hpp"
#include "ideamine/pg/extension.hpp"
#include "ideamine/pg/process_utility.hpp"
#include "jobs/ready_shared.hpp"

namespace ideamine::jobs::shared {

namespace {

bool loads_jobs(const pg::UtilityStatement& statement) {
    return statement.copies_into_schema() == "ideamine";
}

bool may_publish_jobs(const pg::UtilityStatement& statement) {
    return statement.commits_prepared();
}

void load_anew() {
    if (pg::is_installed()) {
        dispatch::shared::load_anew();
        announce_ready(1);
    }
}

void look_again() {
    if (pg::is_installed()) {
        dispatch::shared::look_again();
        announce_ready(1);
    }
}

}  // namespace

void watch_unseen_commits() {
    pg::observe_utility({.before = loads_jobs, .after = load_anew});
    pg::observe_utility({.before = may_publish_jobs, .after = look_again});
}

}  // namespace ideamine::jobs::shared
