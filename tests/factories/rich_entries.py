"""What the rich summary says of the talk: each line beside the words it rests on."""

from __future__ import annotations

from core.domain.summary import FieldValue

_Line = tuple[str, str]

TLDR: tuple[_Line, ...] = (
    (
        "The course teaches the basics of Transformer models, then goes deeper into the libraries for any NLP task.",
        "we'll teach you the basics of how to use a Transformer model",
    ),
    (
        "A fine-tuned pretrained model beats training from scratch, and costs far less computation, time and data.",
        "using transfer learning and the pretrained model yields better results",
    ),
    (
        "Choosing a low carbon compute instance is the most impactful thing you can do for your carbon footprint.",
        "choosing a low carbon compute instance is really the most impactful thing that you can do",
    ),
)
MOMENTS: tuple[_Line, ...] = (
    (
        "Training the same model emits more than 40 times more carbon in Mumbai than in Montreal.",
        "Almost more than 40 times more carbon emitted in Mumbai versus Montreal",
    ),
    (
        "Pretrained models transfer their bias along with their knowledge.",
        "The pretrained model does not only transfer its knowledge, but also any bias it may contain",
    ),
    (
        "A vector of 768 values holds the meaning of a word within the text.",
        "the vector of 768 values holds the meaning of the word within the text",
    ),
)
CHAPTERS: tuple[tuple[str, int, tuple[_Line, ...]], ...] = (
    (
        "What the course covers", 0,
        (
            ("The course is divided in three sections, which become progressively more advanced.",
             "it's divided in three sections which become progressively more advanced"),
            ("The first chapter is for everybody; the next ones require a good knowledge of Python.",
             "The next chapters require a good knowledge of Python"),
            ("Each part has a version in both frameworks, PyTorch and TensorFlow.",
             "Each part of the material introduced in this course has a version in both those frameworks"),
        ),
    ),
    (
        "The team", 34,
        (
            ("Lysandre, of the open-source team, has worked on most of the tools seen in the course.",
             "I've been working on most of the tools that you'll get to see in this course"),
            ("Sasha researches the ethical, environmental and social impacts of machine learning models.",
             "working on the ethical, environmental and social impacts of machine learning models"),
        ),
    ),
    (
        "The pipeline function", 103,
        (
            ("The pipeline function is the most high level API: from raw texts to usable predictions in one step.",
             "It regroups together all the steps to go from raw texts to usable predictions"),
            ("Zero-shot classification lets you provide the labels you want.",
             "it allows you to provide the labels you want"),
            ("Text generation has a bit of randomness, so the output changes each time.",
             "The output is generated with a bit of randomness"),
            ("Any pretrained or fine-tuned model of the hub can replace the default one of a task.",
             "you can use it with any model that has been pretrained or fine-tuned on this task"),
        ),
    ),
    (
        "The carbon footprint of transformers", 198,
        (
            ("The footprint depends on the type of energy, the training time and the hardware.",
             "it depends on the type of energy you're using"),
            ("Mumbai emits 920 grams of CO2 per kilowatt hour, Montreal 20.",
             "which emits 920 grams of CO2 per kilowatt hour"),
            ("Using pretrained models is the machine learning equivalent of recycling.",
             "that's the machine learning equivalent of recycling"),
            ("Random search is as efficient as grid search in finding the optimal configuration.",
             "have actually shown to be as efficient in finding the optimal configuration as grid search"),
        ),
    ),
    (
        "Transfer learning", 327,
        (
            ("Transfer learning leverages the knowledge acquired by a model trained with lots of data on another task.",
             "to leverage the knowledge acquired by a model trained with lots of data on another task"),
            ("Training from scratch is capped around 70% accuracy; the pretrained model beats 86% easily.",
             "The training from scratch is capped around 70% accuracy while the pretrained model beats the 86% easily"),
            ("The pretrained model should be as similar as possible to the task it is fine-tuned on.",
             "should be as similar as possible to the task it's fine-tuned on"),
        ),
    ),
    (
        "Encoders, decoders and both", 415,
        (
            ("The encoder converts text into numerical representations, also called embeddings or features.",
             "These numerical representations can also be called embeddings, or features"),
            ("The decoder uses masked self-attention and is traditionally used in an auto-regressive manner.",
             "is traditionally used in an auto-regressive manner"),
        ),
    ),
    (
        "How an encoder reads a word", 477,
        (
            ("The encoder outputs exactly one sequence of numbers per input word.",
             "The encoder outputs exactly one sequence of numbers per input word"),
            ("Each vector takes the left and the right context of its word into account.",
             "it outputs a value for the word given its context"),
            ("Bi-directional information is crucial for predicting a masked word.",
             "as bi-directional information is crucial here"),
        ),
    ),
)  # fmt: skip

ENTRIES: tuple[tuple[str, str, dict[str, FieldValue]], ...] = (
    ("synopsis", "This course has been designed to teach you all about the Hugging Face ecosystem", {
        "text": "The course has been designed to teach all about the Hugging Face ecosystem: how to use the dataset "
        "and model hub as well as the open-source libraries. It is divided in three sections, which become "
        "progressively more advanced."}),
    ("in_practice", "the longer you train, the more energy you use", {
        "use": "Train for a shorter time: the longer you train, the more energy you use, the more carbon you emit."}),
    ("in_practice", "starting with smaller experiments and debugging as you go", {
        "use": "Start with smaller experiments and debug as you go, so that bugs show before 16 hours of training."}),
    ("in_practice", "it's best to use a German pretrained model", {
        "use": "To classify German sentences, use a German pretrained model."}),
    ("speakers", "Hi, my name is Matthew, and I'm a Machine Learning Engineer at Hugging Face", {
        "name": "Matthew", "role": "Machine Learning Engineer at Hugging Face"}),
    ("speakers", "I'm Lysandre. I'm a Machine Learning Engineer at Hugging Face", {
        "name": "Lysandre", "role": "Machine Learning Engineer at Hugging Face"}),
    ("speakers", "I'm a Research Engineer at Hugging Face and one of the main maintainers", {
        "name": "Sylvain", "role": "Research Engineer at Hugging Face"}),
    ("speakers", "my name is Sasha and I'm a Researcher at Hugging Face", {
        "name": "Sasha", "role": "Researcher at Hugging Face"}),
    ("resources", "deeplearning.ai or fast.ai", {"name": "fast.ai", "kind": "course"}),
    ("resources", "Going on the model hub, huggingface.co/models", {"name": "Model hub", "kind": "website"}),
    ("resources", "the original paper by Strubell et all in 2019", {"name": "Paper by Strubell", "kind": "paper"}),
    ("resources", "is called code carbon", {"name": "Code carbon", "kind": "tool"}),
    ("resources", "a dataset containing 1.2 millions of photo images", {"name": "ImageNet", "kind": "dataset"}),
    ("resources", 'entitled "Attention Is All You Need", by Vaswani et al', {
        "name": "Attention Is All You Need", "kind": "paper"}),
    ("concepts", "The pipeline function is the most high level API of the Transformers library", {
        "name": "Pipeline", "explanation": "The most high level API of the Transformers library: it regroups all the "
        "steps from raw texts to usable predictions."}),
    ("concepts", "This pipeline performs text classification on a given input", {
        "name": "Sentiment analysis", "explanation": "A pipeline that performs text classification on a given input "
        "and determines if it is positive or negative."}),
    ("concepts", "which is the task of identifying entities", {
        "name": "Named Entity Recognition",
        "explanation": "The task of identifying entities, such as persons, organizations or locations in a sentence."}),
    ("concepts", "Training like this, on labeled data is called supervised learning", {
        "name": "Supervised learning", "explanation": "Training on labeled data."}),
    ("concepts", "which means it doesn't require humans annotations for the labels", {
        "name": "Self-supervised pretraining",
        "explanation": "Pretraining that doesn't require human annotations for the labels."}),
    ("concepts", "The self-attention mechanism relates to different positions", {
        "name": "Self-attention", "explanation": "It relates different words in a single sequence in order to compute "
        "a representation of that sequence."}),
    ("frameworks", "Combining the two parts results in what is known as an encoder-decoder", {
        "name": "Encoder-decoder",
        "explanation": "The encoder computes a high-level representation of the inputs, which is passed to the "
        "decoder to generate a prediction.",
        "when_to_use": "As a sequence-to-sequence transformer."}),
    ("frameworks", "transfer learning is applied on a given model by throwing away its head", {
        "name": "Transfer learning",
        "explanation": "Throw away the last layers, the head of a pretrained model, and replace it with a new one "
        "suitable for the task.",
        "when_to_use": "When a pretrained model is similar to the task at hand."}),
    ("debunked", "it's nowhere near five cars, right? It's not even a transatlantic flight", {
        "assumption": "Training a transformer emits as much carbon as five cars in their lifetimes.",
        "correction": "A transformer of 200 million is around 200 pounds of CO2, nowhere near five cars, not even a "
        "transatlantic flight."}),
    ("debunked", "random searches for hyper parameters combinations have actually shown to be as efficient", {
        "assumption": "The optimal configuration of hyper parameters needs all possible combinations of a grid search.",
        "correction": "Random searches have shown to be as efficient, trying only a subset of them."}),
    ("playbooks", "Fine tuning instead of training from scratch", {
        "trigger": "You want to reduce the carbon of training",
        "steps": ("Choose a low carbon compute instance.", "Use pretrained models, or fine tune the last layers.",
                  "Start with smaller experiments and debug as you go.",
                  "Choose a random search instead of a grid search.")}),
    ("playbooks", "One option would be to train the model from scratch", {
        "trigger": "You want to train a model B for a different task",
        "steps": ("Initialize model B with the same weights as model A.",
                  "Transfer the knowledge of model A on task B.")}),
    ("flashcards", "The model used is at the core of a pipeline", {
        "question": "What does a pipeline include around the model?",
        "answer": "All the necessary pre-processing and some post-processing to make the output human-readable."}),
    ("flashcards", "Named Entity Recognition, which is the task of identifying entities", {
        "question": "What does Named Entity Recognition identify in a sentence?",
        "answer": "Entities, such as persons, organizations or locations."}),
    ("flashcards", "The fill mask pipeline is the pretraining objective of BERT", {
        "question": "What was the pretraining objective of BERT?", "answer": "To guess the value of a masked word."}),
    ("flashcards", "solar, wind, hydroelectricity", {
        "question": "Which energy emits very little carbon?",
        "answer": "Renewable energy such as solar, wind and hydroelectricity."}),
    ("flashcards", "the content of 45 millions links posted by users on Reddit", {
        "question": "What was GPT-2 pretrained on?",
        "answer": "The content of 45 millions links posted by users on Reddit."}),
    ("flashcards", "For the base BERT model, it is 768", {
        "question": "What is the dimension of a vector of the base BERT model?",
        "answer": "For the base BERT model it is 768."}),
    ("quiz", "which emits 920 grams of CO2 per kilowatt hour", {
        "question": "How much CO2 does the cloud instance in Mumbai emit per kilowatt hour?",
        "answer": "920 grams of CO2 per kilowatt hour",
        "wrong_answers": ("20 grams of CO2 per kilowatt hour", "200 pounds of CO2", "16 hours of training")}),
    ("quiz", "The training from scratch is capped around 70% accuracy", {
        "question": "Where is training from scratch capped in the example?",
        "answer": "Around 70% accuracy",
        "wrong_answers": ("Around 86% accuracy", "A confidence of 84%", "A confidence of 95%")}),
    ("quiz", "the English Wikipedia and 11,000 unpublished books", {
        "question": "On what was BERT pretrained?",
        "answer": "The English Wikipedia and 11,000 unpublished books",
        "wrong_answers": ("Links posted by users on Reddit", "1.2 millions of photo images", "German sentences")}),
    ("quiz", "It differs from the encoder due to its uni-directional feature", {
        "question": "How does the decoder differ from the encoder?",
        "answer": "By its uni-directional feature",
        "wrong_answers": ("It accepts text inputs", "It uses a self-attention mechanism",
                          "It predicts a masked word")}),
    ("glossary", "It's the task of predicting a hidden word in a sequence of word", {
        "term": "Masked Language Modeling",
        "definition": "The task of predicting a hidden word in a sequence of words."}),
    ("glossary", "can also be called a feature vector, or a feature tensor", {
        "term": "Feature vector",
        "definition": "The numerical representation of a word; also called a feature tensor."}),
    ("glossary", "hence the term, auto-regressive", {
        "term": "Auto-regressive", "definition": "It predicts an output which it will re-use in future iterations."}),
    ("glossary", "its last layers focused on the pretraining objective", {
        "term": "Head", "definition": "The last layers of a model, focused on the pretraining objective."}),
    ("ideas", "that's the machine learning equivalent of recycling", {
        "idea": "Using pre-trained models is the machine learning equivalent of recycling.", "novelty": 3}),
    ("ideas", "Changing the gender of the prompt from he was very to she was very", {
        "idea": "Changing the gender of the prompt changed the predictions from mostly neutral adjectives to almost "
        "only physical ones.", "novelty": 4}),
    ("ideas", "any bias it may contain", {
        "idea": "A pretrained model also transfers any bias it may contain.", "novelty": 2}),
    ("tone", "we'll try to explain it in simple, high-level terms", {"tone": "explanatory"}),
    ("tone", "I'll now let each of the speakers introduce themselves briefly", {"tone": "conversational"}),
    ("thinking", "Let's look at a first example", {"style": "by example"}),
    ("thinking", "splitting that architecture into two parts", {"style": "analytical"}),
)  # fmt: skip
