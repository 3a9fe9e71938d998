"""The OpenAPI document against the running server: no request that it allows brings the server down.

What the document allows may still be refused: the rules of each event are in docs/schemas, not in the document.
"""

import pytest

from tests.builders import cloud, seller
from tests.web import site

pytestmark = pytest.mark.system


def test_schemathesis_finds_no_fault_in_the_http_interface(tmp_path):
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    with site("openapi", tmp_path) as web:
        web.tell(cloud("seller.configured", web.now, seller(), "seller"))
        schema = schemathesis.openapi.from_url(f"{web.url}/openapi.json")
        headers = {"Authorization": f"Bearer {web.bearer('erp')}"}
        tried = set()

        for operation in schema.get_all_operations():
            made = operation.ok()

            @settings(
                max_examples=60, deadline=None, derandomize=True, database=None,
                suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate],
            )  # fmt: skip
            @given(case=made.as_strategy())
            def each(case):
                response = case.call(headers=headers)
                case.validate_response(response, excluded_checks=[positive_data_acceptance])
                tried.add(case.path)

            each()
        assert tried == {"/events", "/bounces", "/healthz", "/readyz", "/metrics"}
