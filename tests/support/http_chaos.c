/* SPDX-License-Identifier: MIT */
#include "tests/support/http_chaos.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SIZE "@" /* stands for that of the content */

static const char *const faults[] = {
    "status=500",
    "status=503 header=Retry-After:0",
    "status=429",
    "status=403",
    "status=404",
    "status=416 header=Content-Range:bytes%20*/@",
    "status=412",
    "status=302 header=Location:/s/chaos-0/x",
    "status=302 header=Location:ftp://x/",
    "cut=before",
    "cut=head",
    "cut=0",
    "cut=70000",
    "reset=before",
    "reset=30000",
    "stall=before",
    "stall=0",
    "stall=100000",
    "shift=-100",
    "clamp=1",
    "clamp=5000",
    "clamp=65536 total=*",
    "clamp=100000 chunked=7000",
    "total=*",
    "drop=Content-Range",
    "header=Content-Range:bytes%209-1/5",
    "header=Content-Type:multipart/byteranges;boundary=x",
    "length=7 close=1",
    "length=none",
    "length=none cut=5000",
    "chunked=3000",
    "chunked=3000 trailer=3000",
    "chunked=3000 trailer=100000",
    "gzip=1",
    "interim=103",
    "interim=100 pad=60000",
    "pad=100000",
    "raw=oops%0d%0a%0d%0a",
    "raw=HTTP/1.1%20206%20x%0d%0aContent-Length:%20-5%0d%0a%0d%0a",
    "drip=3000:1",
    "close=1",
    "hangup=1",
    "linger=1",
    "delay=300",
    "whole=1",
    "whole=1 cut=300000",
    "whole=1 stall=100000",
    "etag=%22other%22",
    "etag=%22v1%22",
    "etag=W/%22v1%22",
    "drop=ETag",
    "has=If-Match status=412",
};

const char *http_chaos_fault(test_random *random, uint64_t size, char out[HTTP_CHAOS_FAULT])
{
    const char *fault = faults[test_random_u64(random) % (sizeof(faults) / sizeof(*faults))];
    const size_t before = strcspn(fault, SIZE);
    snprintf(out, HTTP_CHAOS_FAULT, "%.*s", (int)before, fault);
    if (fault[before] != '\0')
        snprintf(out + before, HTTP_CHAOS_FAULT - before, "%" PRIu64 "%s", size,
                 fault + before + 1);
    return out;
}
