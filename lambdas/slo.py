"""Works out the error budgets of the environment's objectives: triggered by its schedule."""

from alertrelay.runtime.slo import slo

handler = slo()
