#pragma once

#include <string>

struct Options {
    std::string queue;
    int connections = 4;
    int batch = 100;  // jobs a call
    int amount = 0;   // jobs, seconds or rounds, as the measure has it
};

// Prints jobs per second. The amount is the number of jobs; for process() they are there already.
void enqueue(const Options& options);
void process(const Options& options);

// Enqueues and processes at the same time, for an amount of seconds. Prints for each how many jobs
// were completed in it.
void load(const Options& options);

// One session sleeps until there is work, another makes some now and then, an amount of times.
// Prints for each how many milliseconds lay between sending COMMIT and the claim.
void latency(const Options& options);
