"""The forms of the API's answers, for its schema; the values come from the queries that the pages use."""

from typing import Any

from rest_framework import serializers


class RefusalSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    details = serializers.ListField(child=serializers.CharField())


class DetailSerializer(serializers.Serializer[Any]):
    """What the framework itself refuses: no token, another media type, a body that is too long."""

    detail = serializers.CharField()


class BankImportSerializer(serializers.Serializer[Any]):
    created = serializers.ListField(child=serializers.CharField())
    revised = serializers.ListField(child=serializers.CharField())
    unchanged = serializers.ListField(child=serializers.CharField())


class AnswerImportSerializer(serializers.Serializer[Any]):
    stored = serializers.IntegerField()
    unchanged = serializers.IntegerField()


class ShareSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()


class ProgressSerializer(serializers.Serializer[Any]):
    phase = serializers.CharField()
    blockers = serializers.ListField(child=serializers.CharField())
    responses = ShareSerializer()
    ratings = ShareSerializer()
    guesses = ShareSerializer()
    responses_by_vignette = ShareSerializer(many=True)
    ratings_by_vignette = ShareSerializer(many=True)
    ratings_by_rater = ShareSerializer(many=True)


class WorkerHealthSerializer(serializers.Serializer[Any]):
    due = serializers.IntegerField()
    running = serializers.IntegerField()
    waiting_since = serializers.DateTimeField(allow_null=True)
    last_finished = serializers.DateTimeField(allow_null=True)
    interrupted = serializers.IntegerField()
    awaiting_vllm = serializers.IntegerField()
    is_stalled = serializers.BooleanField()


class ExportSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    sha256 = serializers.CharField()
    frozen = serializers.BooleanField()
    excel = serializers.CharField(allow_blank=True)
