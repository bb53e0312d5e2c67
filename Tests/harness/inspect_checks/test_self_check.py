"""Inspect's own conformance suite on the executord provider: all 44 checks, none expected to fail."""

import os

import pytest_asyncio
from executord.inspect import ExecutordConfig, ExecutordSandboxEnvironment
from inspect_ai.util._sandbox.self_check import *  # noqa: F403


@pytest_asyncio.fixture
async def sandbox_env():
    # An unprivileged user: two checks want a file without permissions to be refused, which root never is.
    config = ExecutordConfig(image=os.environ["EXECUTORD_TEST_IMAGE"], user="nobody")
    sandbox = await ExecutordSandboxEnvironment.open(config)
    yield sandbox
    await sandbox.close()
