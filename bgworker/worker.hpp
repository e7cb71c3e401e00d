// The worker of one database: a process that carries out its duties, each when its time has come.
#pragma once

#include "ideamine/pg/background_worker.hpp"

namespace ideamine::bgworker {

// For the launcher; the program's argument is the database.
pg::WorkerProgram worker_program(const std::string& database);

}  // namespace ideamine::bgworker
