"""The one PROFILE of a case, after all that is counted, and the share and counts that it gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.bench.closure import require_closure
from harness.bench.events import Stage
from harness.bench.fallback import fallback_share, no_fallback
from harness.bench.stream import Answers
from harness.domain.device import ProfileReply
from harness.domain.fallback import FALLBACK_SHARE
from harness.domain.firmware import Library
from harness.domain.kernel_code import OperatorKernel
from harness.domain.measurement import Missing, Reading
from harness.domain.plan import Case
from harness.errors import HarnessError
from harness.link import DeviceClient


class OperatorPass:
    """What follows the counted inputs of a case.

    `share` is the reading of the fallbacks, None where no library is called or it was not reached;
    `profile` the counts of each operator, None where nobody needs them or there are none; `trouble`
    says then why there are none.
    """

    def __init__(
        self,
        case: Case,
        library: Library | None,
        kernels: Sequence[OperatorKernel],
        *,
        wanted: bool,
    ) -> None:
        self._case = case
        self._kernels = kernels
        self._fallbacks = library is not None and any(kernel.fallback for kernel in kernels)
        self._needed = wanted or self._fallbacks
        self.share: Reading | None = None
        if library and not self._fallbacks:
            self.share = no_fallback(case.target, library.name)
        self.profile: ProfileReply | None = None
        self.trouble = ""

    def run(
        self,
        client: DeviceClient,
        answers: Answers,
        inference_s: float,
        on_stage: Callable[[Stage], None],
    ) -> None:
        """Profile the last input once more, if the share or anyone needs it.

        The answer is waited for at most `inference_s` per inference. The parts must add up to the
        whole as it was counted for that input.

        Raises:
            DeviceError, LinkError: no profile; `trouble` is set.
            MeasurementError: one of something else, or one that is disturbed; likewise.
        """
        if not self._needed:
            return
        if answers.no_counter:
            self.trouble = answers.no_counter
            if self._fallbacks:
                self.share = Missing(FALLBACK_SHARE, self.trouble)
            return
        on_stage(Stage.OPERATORS)
        case, kernels = self._case, self._kernels
        try:
            deadline_s = inference_s * (case.warmup + 1)
            profile = client.profile(case.warmup, len(kernels), deadline_s)
            whole = int(answers.ticks[-1, -1])
            require_closure(whole, answers.outputs[-1].tobytes(), profile, case.label)
            if self._fallbacks:
                self.share = fallback_share(case, profile, kernels)
        except HarnessError as error:
            self.trouble = f"no profile: {error.what}"
            if self._fallbacks:
                self.share = Missing(FALLBACK_SHARE, self.trouble)
            raise
        self.profile = profile
