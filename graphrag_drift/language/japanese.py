"""Japanese: its closed word classes, how it asks, and templates, as a `Language`; its terms are pairs of characters."""

from graphrag_drift.language.chinese import WRITTEN, write_date
from graphrag_drift.language.language import Asking, Dates, Language, Prose, Templates, word_set

TITLES = ("さん", "氏", "様", "先生")  # after a person's name
COMPANY = r"株式会社|\(株\)"
KANA = "\u3041-\u30ff"
NOUN, PROPER, PERSON, PLACE = "名詞", "固有名詞", "人名", "地名"  # SudachiPy's tags
NUMERAL, SUFFIX = "数詞", "接尾辞"
_STOP_WORDS = word_set(
    """
    何 なに なん 誰 だれ いつ どこ どの どれ どう どんな なぜ どうして いくつ いくら 何人 ですか ますか でしたか
    ましたか のか とは について に は が を の と で も へ や から まで より など この その あの これ それ あれ ここ
    そこ です ます でした ました する した して いる いた ある あった なる なった こと もの ため よう という といった
    教えて ください
    """
)

JAPANESE = Language(
    code="ja",
    function_words=_STOP_WORDS,
    stop_words=_STOP_WORDS,
    asking=Asking(
        asks={
            "person": r"誰|だれ",
            "date": r"いつ|何[年月日]",
            "place": r"どこ",
            "number": r"いくつ|いくら|何[人件個回社名歳]|どのくらい|どれくらい",
            "reason": r"なぜ|どうして",
        }
    ),
    prose=Prose(after_quote="[とっはがのを]"),
    templates=Templates(
        not_said="記事には書かれていません。",
        reported="（{date}報道）",
        rest="その他の報道",
        unanswered="文書にはこの質問に直接答える内容がありません。",
        nowhere="文書にない言葉：{words}。",
    ),
    dates=Dates(written=WRITTEN),
    write_date=write_date,
)
