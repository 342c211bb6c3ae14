// SPDX-License-Identifier: Apache-2.0
// Children: results come back in order, and a child that dies is reported and takes nobody with it.
#include "runner.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <string>
#include <vector>

namespace {

int number(void* arg, runner_progress*, json_t** result, char*) {
    *result = json_pack("{s:i}", "number", *static_cast<int*>(arg));
    return 0;
}
int slow_number(void* arg, runner_progress* progress, json_t** result, char* error) {
    usleep(100'000);
    return number(arg, progress, result, error);
}
int refuse(void*, runner_progress*, json_t**, char* error) {
    snprintf(error, RUNNER_ERROR_SIZE, "no such machine");
    return -EINVAL;
}
int explain(void*, runner_progress*, json_t**, char* error) {
    snprintf(error, RUNNER_ERROR_SIZE, "these are missing:\n  one\n\n  =two");
    return -EIO;
}
int crash(void*, runner_progress*, json_t**, char*) {
    std::signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
    return 0;
}
int leave(void*, runner_progress*, json_t**, char*) { _exit(7); }
int big(void*, runner_progress*, json_t** result, char*) {
    *result = json_array();
    for (int i = 0; i < 200'000; i++) json_array_append_new(*result, json_integer(i));
    return 0;
}

// Holds the write end of a pipe for as long as it lives, and that is for ever.
int stay(void* arg, runner_progress*, json_t**, char*) {
    (void)!write(*static_cast<int*>(arg), "s", 1);
    while (true) pause();
}

runner_job job(const char* name, decltype(runner_job::body) body, void* arg = nullptr) {
    runner_job job{};
    job.name = name;
    job.body = body;
    job.arg = arg;
    return job;
}

TEST(Runner, ResultsComeBackInTheOrderOfTheJobs) {
    int numbers[] = {1, 2, 3};
    runner_job jobs[] = {job("a", slow_number, &numbers[0]), job("b", number, &numbers[1]), job("c", number, &numbers[2])};
    std::string order;
    const auto done = [](void* ctx, runner_job* job) { *static_cast<std::string*>(ctx) += job->name; };
    EXPECT_EQ(runner_run(jobs, 3, 3, false, done, &order), 0u);
    EXPECT_EQ(order, "abc");
    for (int i = 0; i < 3; i++) EXPECT_EQ(json_integer_value(json_object_get(jobs[i].result, "number")), i + 1);
    runner_free(jobs, 3);
}

TEST(Runner, CrashOfOneChildIsReportedAndTheOthersGoOn) {
    int value = 5;
    runner_job jobs[] = {job("dies", crash), job("lives", number, &value)};
    EXPECT_EQ(runner_run(jobs, 2, 1, false, nullptr, nullptr), 1u);
    EXPECT_TRUE(jobs[0].crashed);
    EXPECT_NE(std::strstr(jobs[0].error, "the simulation crashed: signal 11"), nullptr) << jobs[0].error;
    EXPECT_NE(jobs[1].result, nullptr);
    runner_free(jobs, 2);
}

TEST(Runner, ErrorOfTheBodyIsHandedOn) {
    runner_job jobs[] = {job("refused", refuse)};
    EXPECT_EQ(runner_run(jobs, 1, 1, false, nullptr, nullptr), 1u);
    EXPECT_STREQ(jobs[0].error, "no such machine");
    EXPECT_TRUE(jobs[0].unfit) << "-EINVAL is what was given, not the program";
    EXPECT_FALSE(jobs[0].crashed);
}

TEST(Runner, ErrorOfSeveralLinesIsHandedOnWhole) {
    runner_job jobs[] = {job("explain", explain)};
    EXPECT_EQ(runner_run(jobs, 1, 1, false, nullptr, nullptr), 1u);
    EXPECT_STREQ(jobs[0].error, "these are missing:\n  one\n\n  =two");
    EXPECT_FALSE(jobs[0].unfit);
}

TEST(Runner, ChildThatEndsSilentlyIsReported) {
    runner_job jobs[] = {job("silent", leave)};
    EXPECT_EQ(runner_run(jobs, 1, 1, false, nullptr, nullptr), 1u);
    EXPECT_STREQ(jobs[0].error, "the simulation ended without a result (exit status 7)");
}

TEST(Runner, ResultsLargerThanAPipeArrive) {
    runner_job jobs[] = {job("big", big)};
    EXPECT_EQ(runner_run(jobs, 1, 1, false, nullptr, nullptr), 0u);
    EXPECT_EQ(json_array_size(jobs[0].result), 200'000u);
    runner_free(jobs, 1);
}

TEST(Runner, NoChildOutlivesTheProgram) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t program = fork();
    if (program == 0) {
        close(ends[0]);
        runner_job jobs[] = {job("stays", stay, &ends[1])};
        runner_run(jobs, 1, 1, false, nullptr, nullptr);
        _exit(0);
    }
    close(ends[1]);
    char byte;
    ASSERT_EQ(read(ends[0], &byte, 1), 1) << "the child runs";
    kill(program, SIGTERM);
    waitpid(program, nullptr, 0);
    EXPECT_EQ(read(ends[0], &byte, 1), 0) << "nobody holds the pipe any more";
    close(ends[0]);
}

TEST(Runner, MoreJobsThanPlacesAllRun) {
    std::vector<int> numbers(20);
    std::vector<runner_job> jobs;
    for (int i = 0; i < 20; i++) {
        numbers[static_cast<size_t>(i)] = i;
        jobs.push_back(job("n", number, &numbers[static_cast<size_t>(i)]));
    }
    EXPECT_EQ(runner_run(jobs.data(), 20, 3, false, nullptr, nullptr), 0u);
    runner_free(jobs.data(), 20);
}

}  // namespace
