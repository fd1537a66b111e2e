"""The chapters in their order. Imported once Django has been started for the operator."""

from rollbook.services.demo import asking, ending, inside, papers, parent, police, returns, school, second_body
from rollbook.services.demo.stage import Stage


def tell(stage: Stage) -> None:
    """Play every chapter; the first check that does not hold ends the story."""
    files = returns.invent(stage)
    papers.open_the_log(stage)
    papers.open_collection(stage)
    returns.receive(stage, files)
    returns.tell_and_count(stage)
    papers.open_accounts(stage)
    asking.ask(stage)
    asking.decide(stage)
    asking.write_the_study(stage)
    asking.refused_by_the_gate(stage)
    papers.sign_papers(stage)
    inside.stopped(stage)
    inside.checked(stage)
    parent.letter(stage)
    parent.start(stage)
    parent.look(stage)
    parent.object_to_research(stage)
    inside.run_again(stage)
    school.correct(stage)
    police.case(stage)
    parent.verify(stage)
    parent.others(stage)
    second_body.witness(stage)
    ending.audit(stage)
