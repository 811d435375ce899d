"""Code whose branches depend on no tensor: autograph would translate it for seconds, into the same graph."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import tensorflow as tf

Function = TypeVar("Function", bound=Callable[..., Any])


def without_autograph(function: Function) -> Function:
    """Return `function`, in which the layers of Keras and of TFMOT are called as they are written."""
    return cast(Function, tf.autograph.experimental.do_not_convert(function))
