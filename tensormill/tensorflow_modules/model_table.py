"""Rows of the table of modules for feature columns and estimators; see `table`."""

from __future__ import annotations

__all__ = ["MODEL_ROWS"]

_COLUMNS = """
    feature_column.numeric feature_column.categorical feature_column.vocabulary
    feature_column.composed feature_column.embedding feature_column.shared_embedding
    feature_column.indicator feature_column.sequence"""

MODEL_ROWS = {
    "python.feature_column.dense_features": "feature_column.feature_layers",
    "python.feature_column.dense_features_v2": "feature_column.feature_layers",
    "python.feature_column.feature_column": """
        feature_column.input_layer feature_column.linear_model feature_column.parse_specs
        _FeatureColumn=feature_column.protocols.ScopedColumn
        _DenseColumn=feature_column.protocols.ScopedDenseColumn
        _CategoricalColumn=feature_column.protocols.ScopedCategoricalColumn
        _SequenceDenseColumn=feature_column.protocols.ScopedSequenceDenseColumn
        _SequenceCategoricalColumn=feature_column.sequence.SequenceCategoricalColumn
        _LazyBuilder=feature_column.transformation.LazyBuilder
        _LinearModel=feature_column.linear_model.ScopedLinearModel
        _transform_features=feature_column.transformation.transform_features
        _NumericColumn=feature_column.numeric.NumericColumn
        _numeric_column=feature_column.numeric.numeric_column
        _BucketizedColumn=feature_column.numeric.BucketizedColumn
        _bucketized_column=feature_column.numeric.bucketized_column
        _HashedCategoricalColumn=feature_column.categorical.HashedCategoricalColumn
        _categorical_column_with_hash_bucket=feature_column.categorical_column_with_hash_bucket
        _IdentityCategoricalColumn=feature_column.categorical.IdentityCategoricalColumn
        _categorical_column_with_identity=feature_column.categorical_column_with_identity
        _VocabularyFileCategoricalColumn=feature_column.vocabulary.VocabularyFileCategoricalColumn
        _categorical_column_with_vocabulary_file=feature_column.categorical_column_with_vocabulary_file
        _VocabularyListCategoricalColumn=feature_column.vocabulary.VocabularyListCategoricalColumn
        _categorical_column_with_vocabulary_list=feature_column.categorical_column_with_vocabulary_list
        _WeightedCategoricalColumn=feature_column.composed.WeightedCategoricalColumn
        _weighted_categorical_column=feature_column.weighted_categorical_column
        _CrossedColumn=feature_column.composed.CrossedColumn
        _crossed_column=feature_column.crossed_column
        _EmbeddingColumn=feature_column.embedding.EmbeddingColumn
        _embedding_column=feature_column.embedding_column
        _SharedEmbeddingColumn=feature_column.shared_embedding.CollectionSharedEmbeddingColumn
        _IndicatorColumn=feature_column.indicator.IndicatorColumn
        _indicator_column=feature_column.indicator_column""",
    "python.feature_column.feature_column_lib": f"""
        feature_column.feature_layers {_COLUMNS} feature_column.protocols feature_column.states
        feature_column.input_layer feature_column.linear_model feature_column.parse_specs
        feature_column.column_configs""",
    "python.feature_column.feature_column_v2": f"""
        {_COLUMNS} feature_column.protocols feature_column.feature_layers feature_column.states
        make_parse_example_spec_v2=feature_column.parse_specs.make_parse_example_spec_v2
        shared_embedding_columns_v2=feature_column.shared_embedding.shared_embeddings
        FeatureTransformationCache=feature_column.transformation.FeatureTransformationCache
        _StateManagerImpl=feature_column.states.LayerState
        _StateManagerImplV2=feature_column.states.LayerState
        _transform_features_v2=feature_column.transformation.transform_features_v2""",
    "python.feature_column.sequence_feature_column": """
        feature_column.sequence feature_column.feature_layers
        _assert_all_equal_and_return=feature_column.input_layer.all_equal""",
    "python.feature_column.serialization": "feature_column.column_configs",
    "python.feature_column.utils": "feature_column.arguments feature_column.sequence",
}
