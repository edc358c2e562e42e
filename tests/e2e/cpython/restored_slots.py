"""Run in a restored interpreter: the slots of `callers` hold functions of other arities now."""

# ruff: noqa: F821  callers, mismatched and slots were left by fill_slots.py
for slot, caller in callers.items():
    assert caller() == slot % 4 * 100_000 + slot, (slot, caller())
    slots.remove(slot)
    try:
        caller()
    except SystemError as error:
        assert f"slot {slot} is empty" in str(error), error
    else:
        raise AssertionError(f"slot {slot} was called empty")
for value in range(500):
    arity = value % 4
    slot = slots.add(arity, value, 0)
    assert callers[slot]() == value
    slots.remove(slot)
print(mismatched.live_path(), len(callers))
