/* SPDX-License-Identifier: Apache-2.0 */
/* JUnit XML as CI systems read it: one suite, one test case for each scenario, all failures of a scenario in one element. */
#include <errno.h>
#include <libxml/xmlwriter.h>
#include <string.h>

#include "report.h"

static void attribute(xmlTextWriterPtr xml, const char *name, const char *value) {
    xmlTextWriterWriteAttribute(xml, BAD_CAST name, BAD_CAST value);
}

static void write_failures(xmlTextWriterPtr xml, const json_t *result) {
    const json_t *failures = json_object_get(result, "failures");
    const json_t *first = json_array_get(failures, 0);
    const char *message = json_string_value(json_object_get(first, "message"));
    const char *check = json_string_value(json_object_get(first, "check"));
    xmlTextWriterStartElement(xml, BAD_CAST "failure");
    attribute(xml, "message", message ? message : "");
    attribute(xml, "type", check ? check : "");
    size_t index;
    json_t *failure;
    json_array_foreach(failures, index, failure) {
        xmlTextWriterWriteFormatString(
            xml, "%lld ps %s (%s): %s\n", (long long)json_integer_value(json_object_get(failure, "time_ps")),
            json_string_value(json_object_get(failure, "check")), json_string_value(json_object_get(failure, "clause")),
            json_string_value(json_object_get(failure, "message")));
    }
    xmlTextWriterEndElement(xml);
}

static void write_case(xmlTextWriterPtr xml, const json_t *result, const char *name, const char *error) {
    char seconds[32];
    snprintf(seconds, sizeof seconds, "%.3f", json_real_value(json_object_get(json_object_get(result, "sim"), "wall_s")));
    xmlTextWriterStartElement(xml, BAD_CAST "testcase");
    attribute(xml, "classname", "ringside");
    attribute(xml, "name", name);
    attribute(xml, "time", seconds);
    if (!result) {
        xmlTextWriterStartElement(xml, BAD_CAST "error");
        attribute(xml, "message", error ? error : "no result");
        xmlTextWriterEndElement(xml);
    } else if (!report_passed(result)) {
        write_failures(xml, result);
    }
    xmlTextWriterEndElement(xml);
}

static void write_suite(xmlTextWriterPtr xml, json_t *const *results, const char *const *names, const char *const *errors,
                        size_t count) {
    size_t failed = 0, broken = 0;
    char number[24];
    for (size_t i = 0; i < count; i++) {
        broken += !results[i];
        failed += results[i] && !report_passed(results[i]);
    }
    xmlTextWriterStartElement(xml, BAD_CAST "testsuite");
    attribute(xml, "name", "ringside");
    snprintf(number, sizeof number, "%zu", count);
    attribute(xml, "tests", number);
    snprintf(number, sizeof number, "%zu", failed);
    attribute(xml, "failures", number);
    snprintf(number, sizeof number, "%zu", broken);
    attribute(xml, "errors", number);
    for (size_t i = 0; i < count; i++) write_case(xml, results[i], names[i], errors[i]);
    xmlTextWriterEndElement(xml);
}

/* libxml's own files lose what goes wrong when they are closed. */
static int write_file(const char *path, const xmlBuffer *text) {
    FILE *out = fopen(path, "w");
    if (!out) {
        const int error = errno;
        fprintf(stderr, "ringside: error: cannot write %s: %s\n", path, strerror(error));
        return -error;
    }
    const size_t length = (size_t)xmlBufferLength(text);
    const bool whole = fwrite(xmlBufferContent(text), 1, length, out) == length;
    if (fclose(out) == 0 && whole)
        return 0;
    fprintf(stderr, "ringside: error: cannot write %s: the file is incomplete\n", path);
    return -EIO;
}

int report_write_junit(const char *path, json_t *const *results, const char *const *names, const char *const *errors, size_t count) {
    xmlBufferPtr text = xmlBufferCreate();
    xmlTextWriterPtr xml = text ? xmlNewTextWriterMemory(text, 0) : NULL;
    int status = -ENOMEM;
    if (xml) {
        xmlTextWriterSetIndent(xml, 1);
        xmlTextWriterStartDocument(xml, NULL, "UTF-8", NULL);
        write_suite(xml, results, names, errors, count);
        if (xmlTextWriterEndDocument(xml) >= 0)
            status = 0;
        xmlFreeTextWriter(xml);
    }
    if (status == 0)
        status = write_file(path, text);
    xmlBufferFree(text);
    return status;
}
