// What attempts of jobs may come to, held in budgets from their claims to their ends.
#pragma once

namespace ideamine::budget {

// In _PG_init.
void keep_money_of_jobs();

}  // namespace ideamine::budget
