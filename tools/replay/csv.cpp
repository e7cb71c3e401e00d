#include "replay/csv.hpp"

#include <fstream>
#include <limits>
#include <stdexcept>

namespace replay {

namespace {

// HEADER MATCH refuses a file whose columns are not these.
void load(Connection& connection, std::istream& file) {
    connection.run(
        "CREATE TEMPORARY TABLE replay_requests ("
        "  line bigint GENERATED ALWAYS AS IDENTITY,"
        "  \"TIMESTAMP\" timestamp NOT NULL CHECK (isfinite(\"TIMESTAMP\")),"
        "  \"ContextTokens\" bigint NOT NULL CHECK (\"ContextTokens\" BETWEEN 0 AND 1000000000),"
        "  \"GeneratedTokens\" bigint NOT NULL CHECK (\"GeneratedTokens\" BETWEEN 0 AND "
        "1000000000))");
    connection.copy_in(
        "COPY pg_temp.replay_requests (\"TIMESTAMP\", \"ContextTokens\", \"GeneratedTokens\")"
        " FROM STDIN (FORMAT csv, HEADER match)",
        file);
}

std::vector<Request> fetch(Connection& connection, std::size_t limit) {
    const Result result = connection.run(
        "SELECT (extract(epoch FROM at - min(at) OVER ()) * 1000000)::bigint,"
        "       context_tokens, generated_tokens"
        "  FROM (SELECT line, \"TIMESTAMP\" AS at, \"ContextTokens\" AS context_tokens,"
        "               \"GeneratedTokens\" AS generated_tokens"
        "          FROM pg_temp.replay_requests ORDER BY line LIMIT $1::bigint) AS request"
        " ORDER BY line",
        {std::to_string(limit)});
    std::vector<Request> requests;
    requests.reserve(static_cast<std::size_t>(result.rows()));
    for (int row = 0; row < result.rows(); ++row) {
        requests.push_back(
            {Micros{result.integer(row, 0)}, result.integer(row, 1), result.integer(row, 2)});
    }
    return requests;
}

}  // namespace

std::vector<Request> read_requests(Connection& connection, const std::string& path,
                                   std::optional<std::size_t> limit) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw std::runtime_error("could not open " + path);
    }
    try {
        load(connection, file);
    } catch (const SqlError& error) {
        throw std::runtime_error("could not read " + path + ": " + error.what());
    }
    auto requests = fetch(connection, limit.value_or(std::numeric_limits<std::int64_t>::max()));
    if (requests.empty()) {
        throw std::runtime_error("there are no requests in " + path);
    }
    return requests;
}

}  // namespace replay
