from __future__ import annotations

import pytest

from retrieval.intent import Intent, intent

MESSAGES = {
    Intent.GREETING: [
        "hi",
        "Hello!",
        "hey there",
        "Good morning",
        "good evening everyone",
        "HELLO QUOTH",
        "hi bot :)",
        "Hey, how-dy".replace("-", ""),
        "hello hello",
        "welcome",
        "How are you?",
        "how is it going",
        "hey, how's it going today?",
        "so how are things this morning",
    ],
    Intent.THANKS: [
        "thanks",
        "Thank you!",
        "thank you so much",
        "thx",
        "ty",
        "cheers",
        "great, thanks",
        "ok",
        "Perfect",
        "bye",
        "goodbye everyone",
        "thanks a lot for the help",
        "ok cool",
        "that was really helpful",
        "great answer!",
        "great job, that helped",
        "ok, see you soon, bye",
    ],
    Intent.HELP: [
        "help",
        "what can you do?",
        "What can you do",
        "who are you?",
        "are you a bot",
        "who built you?",
        "how do you work?",
        "what can i ask",
        "how can you help me",
    ],
    Intent.OVERVIEW: [
        "what is this about?",
        "What are these articles about?",
        "which articles do you have?",
        "list all articles",
        "what documents do you have",
        "what topics are covered in the articles?",
        "how many articles do you have?",
        "What sources do you use?",
    ],
    Intent.SUMMARY: [
        "summarise 002",
        "Summarize the Guardian article",
        "give me a summary of 003",
        "tl;dr",
        "TLDR of the first article",
        "key points of 001 please",
        "sum up the Warsaw Institute article",
        "what is the gist of 004",
        "can you summarise the articles?",
    ],
    Intent.FOREIGN: [
        "Wer hat sich mit Belousow in Peking getroffen?",
        "Wann wurde der Verteidigungsminister entlassen?",
        "Wer ist der neue Minister und was hat er gesagt?",
        "Wie is de minister van buitenlandse zaken geworden?",
        "Qui a rencontré le ministre de la Défense à Pékin ?",
        "Quand la mutinerie a-t-elle commencé ?",
        "Кто встретился с Белоусовым в Пекине?",
        "привет",
        "谁在北京会见了别洛乌索夫？",
        "你好",
        "Kto spotkał się z ministrem obrony w Pekinie?",
        "¿Quién se reunió con el ministro de Defensa en Pekín?",
        "Chi ha incontrato il ministro della difesa a Pechino?",
        "Wie heeft de minister van Defensie in Peking ontmoet?",
        "من التقى وزير الدفاع في بكين؟",
        "ロシアの国防相は誰ですか",
        "러시아 국방장관은 누구입니까?",
        "Хто зустрівся з Бєлоусовим у Пекіні?",
        "मंत्री से कौन मिला?",
    ],
    Intent.QUESTION: [
        "Who met Belousov in Beijing?",
        "When did Prigozhin launch his mutiny?",
        "What did Li Shangfu say about cold war alliances?",
        "Where did the two ministers meet?",
        "How many decades has Putin been in power?",
        "Why is Li under US sanctions?",
        "Is China sending weapons to Russia?",
        "Did Xi attend the BRICS summit?",
        "Who is China's defence minister?",
        "What can China do to help Russia?",
        "What is the Shanghai Co-operation Organization?",
        "What is the summit about?",
        "How did the Guardian describe the meeting?",
        "Who are the leaders of Wagner?",
        "What did Putin thank Xi for?",
        "Which countries did the leaders welcome?",
        "who r the 2 ministers lol",
        "did modhi go 2 teh summit",
        "wagner mutiny date??",
        "so like whos the russian navy guy",
        "hi, who met Belousov in Beijing?",
        "thanks! and when was that?",
        "ok but why did he resign",
        "PUTIN XI BRICS",
        "Belousov",
        "Li Shangfu",
        "Narendra Modi",
        "Sergei Shoigu, Valery Gerasimov",
        "Yevgeny Prigozhin Wagner Telegram Rostov",
        "Zhang Youxia Putin Shoigu Lavrov",
        "Rosoboronexport sanctions 2018",
        "joint drills Sea of Japan",
        "military cooperation",
        "no limits partnership",
        "BRICS summit Russia date",
        "2023",
        "???",
        "8 November",
        "Tell me about the naval cooperation",
        "What do analysts say about the mutiny?",
        "what happened in Fuzhou",
        "How much did the equipment cost?",
        "What's the capital of France?",
        "What is the recipe for borscht?",
        "Who wrote the article on Russia and China cementing military ties?",
        "What languages does the minister speak?",
        "Was Dong Jun welcomed?",
        "Is Beijing great power friendly to Moscow",
        "Moscow Beijing Pekin Kreml",
        "xi jinping wladimir putin treffen",
    ],
}


@pytest.mark.parametrize(
    ("message", "expected"), [(message, kind) for kind, group in MESSAGES.items() for message in group]
)
def test_a_message_is_taken_for_what_it_is(quoth, message: str, expected: Intent):
    assert intent(message, quoth.index.embedder) is expected


@pytest.mark.parametrize("message", ["", " ", "...", "123 456", "\x00", "\u200b", "🙂", "!!!"])
def test_a_message_without_words_is_left_to_the_articles(quoth, message: str):
    assert intent(message, quoth.index.embedder) is Intent.QUESTION


def test_no_question_of_any_set_is_taken_for_small_talk(quoth):
    from eval.questions import CALIBRATION, SET, load

    files = [SET, *sorted(CALIBRATION.glob("*/questions.jsonl"))]
    cases = [case for file in files for case in load(file)]
    asked = [case.question for case in cases if case.kind != "smalltalk"]
    wrong = [text for text in asked if intent(text, quoth.index.embedder) is not Intent.QUESTION]
    assert len(asked) > 400
    assert wrong == []
