"""What a page tells its reader to do."""

from handbook.blocks import Block, blocks

PAGE = """# A page

```sh
echo one
```

```text
one
```

Some prose, then what is no output of it:

```text
two
```

<!-- run: second terminal -->
```sh
sleep 9
```

<!-- press Enter: second terminal -->

<!-- file: notes.py -->
```python
print()
```

1. In a list:

    <!-- run: not here: needs Docker -->
    ```sh
    docker ps
      twice
    ```

<!-- run: fails -->
```sh
false
```
"""


def test_blocks_in_the_order_of_the_page() -> None:
    assert blocks(PAGE) == [
        Block(3, "sh", "echo one", prints="one"),
        Block(13, "text", "two"),
        Block(18, "sh", "sleep 9", "run: second terminal"),
        Block(22, "enter", "second terminal"),
        Block(25, "python", "print()", "file: notes.py"),
        Block(32, "sh", "docker ps\n  twice", "run: not here: needs Docker"),
        Block(38, "sh", "false", "run: fails"),
    ]


def test_how_each_is_run() -> None:
    plain, _, other, _, saved, elsewhere, failing = blocks(PAGE)
    assert plain.is_run
    assert not plain.terminal
    assert not plain.fails
    assert other.terminal == "second terminal"
    assert saved.file == "notes.py"
    assert not saved.is_run
    assert elsewhere.why_not == "needs Docker"
    assert not elsewhere.is_run
    assert failing.fails
