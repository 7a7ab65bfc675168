"""Until there is a judge, it says so: no verdict is made up."""

import pytest
from click.testing import CliRunner

from contracts.command import check_emulator, contract
from emulator.errors import NotEmulated


def test_the_judge_names_itself_as_not_there_yet():
    with pytest.raises(NotEmulated) as raised:
        check_emulator("http://127.0.0.1:5550")
    assert raised.value.name == "contract"


def test_the_command_names_what_is_missing_and_exits_2():
    result = CliRunner().invoke(contract, ["emulator", "--all"])
    assert result.exit_code == 2
    assert "not there yet" in result.stderr
    assert "emulator against contract" in result.stderr
