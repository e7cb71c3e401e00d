// Load for scripts/bench: connections that create jobs, or claim and complete them.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>

#include "measures.hpp"

int main(int argc, char** argv) {
    const std::map<std::string, void (*)(const Options&)> measures{
        {"enqueue", enqueue}, {"process", process}, {"load", load}, {"latency", latency}};
    const auto measure = measures.find(argc == 6 ? argv[2] : "");
    if (measure == measures.end()) {
        std::fprintf(
            stderr,
            "usage: queue_load QUEUE enqueue|process CONNECTIONS BATCH JOBS\n"
            "       queue_load QUEUE load CONNECTIONS BATCH SECONDS\n"
            "       queue_load QUEUE latency 1 1 ROUNDS\n"
            "QUEUE: ideamine, ideamine-keys, ideamine-exchange, by-hand, by-hand-deletes, pgq\n");
        return 2;
    }
    try {
        measure->second(Options{.queue = argv[1],
                                .connections = std::atoi(argv[3]),
                                .batch = std::atoi(argv[4]),
                                .amount = std::atoi(argv[5])});
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "queue_load: %s\n", error.what());
        return 1;
    }
}
