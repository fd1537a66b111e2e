"""The column-wise CMAC is the standard's, bit for bit, and two keys never agree."""

import random

import pytest
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC

from rollbook.dataplane.store.pseudonyms import cmac_batch, cmac_messages

# NIST SP 800-38B, D.3 (AES-256). Of its messages only the empty one fits a single padded block; its tag depends on K2.
NIST_KEY = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
NIST_EMPTY = bytes.fromhex("028962f61b7bf89efc6b551f4667d983")


def by_the_library(key: bytes, message: bytes) -> bytes:
    mac = CMAC(algorithms.AES(key))
    mac.update(message)
    return mac.finalize()


def test_the_standard_vector() -> None:
    assert cmac_messages(NIST_KEY, [b""]) == [NIST_EMPTY]


@pytest.mark.parametrize("length", range(16))
def test_every_length_of_one_block_agrees_with_the_library(length: int) -> None:
    chance = random.Random(length)
    key = chance.randbytes(32)
    messages = [chance.randbytes(length) for _ in range(20)]
    assert cmac_messages(key, messages) == [by_the_library(key, message) for message in messages]


def test_many_keys_agree_with_the_library_whichever_way_doubling_carries() -> None:
    chance = random.Random(5)
    for _ in range(64):
        key = chance.randbytes(32)
        assert cmac_batch(key, [2**32 - 1]) == [by_the_library(key, b"\xff" * 4)]


def test_a_column_of_person_keys_agrees_and_keeps_its_order() -> None:
    chance = random.Random(7)
    key, people = chance.randbytes(32), [0, 1, 2**31, 2**32 - 1, *(chance.randrange(2**32) for _ in range(500))]
    assert cmac_batch(key, people) == [by_the_library(key, number.to_bytes(4, "big")) for number in people]


def test_nobody_gives_no_pseudonyms() -> None:
    assert cmac_batch(NIST_KEY, []) == []


def test_a_message_of_two_blocks_is_refused_rather_than_cut() -> None:
    with pytest.raises(ValueError, match="more than one block"):
        cmac_messages(NIST_KEY, [bytes(16)])


def test_two_projects_share_no_pseudonym() -> None:
    people = range(5000)
    assert not set(cmac_batch(b"a" * 32, people)) & set(cmac_batch(b"b" * 32, people))
