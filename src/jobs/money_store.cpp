#include "jobs/money_store.hpp"

namespace ideamine::jobs {

namespace {

constinit const MoneyKeeper* the_keeper = nullptr;

}  // namespace

void let_keep_money(const MoneyKeeper& keeper) {
    the_keeper = &keeper;
}

const MoneyKeeper* money_keeper() {
    return the_keeper;
}

}  // namespace ideamine::jobs
