//! Data services: what the directory asks back, and which services it names then.

use bridge::directory::{
    DataServicesQuery, Offers, UserInput,
    answer::{ErrorCode, Question, Services},
    evaluate::SENT,
};
use conformance::simulator::common_services::Line;
use mapping::edm::{SupportedValues, Version};

use super::{Scene, T1, T3, found, wanted};

fn question(services: Services) -> Question {
    match services {
        Services::MoreInput(question) => *question,
        other => panic!("{other:?}"),
    }
}

// [AT-07]
#[tokio::test]
async fn a_question_is_answered_and_never_kept() {
    let scene = Scene::new().await;
    for _ in 0..2 {
        let asked = question(scene.services(T3, UserInput::default()).await);
        assert!(asked.determination().is_none(), "not in 2.0");
        let [concept] = asked.concepts() else {
            panic!("one is expected");
        };
        assert_eq!(concept.labels().len(), 2);
    }
    assert_eq!(scene.asked().len(), 2);
    let asked = question(scene.services(T3, UserInput::default()).await);
    let input = UserInput::default().with_value(&asked.concepts()[0], "north");
    let services = found(scene.services(T3, input.clone()).await);
    assert_eq!(services[0].access_services().len(), 1);
    let publisher = services[0].access_services()[0].publisher();
    assert_eq!(publisher.agent().id().value(), "NORTH");

    let wanted = wanted().with_input(T3.parse().unwrap(), input.clone());
    let candidates = scene.outlook(&wanted).await;
    let (_, Offers::From(offers)) = candidates.alternatives()[1].types().next().unwrap() else {
        panic!("no offers");
    };
    let selection = candidates.select(&offers[0], &SENT, &input).unwrap();
    let [classification] = &selection.classifications()[..] else {
        panic!("one is expected");
    };
    assert_eq!(
        classification.values(),
        &SupportedValues::Strings(vec!["north".to_owned()])
    );
}

// [AT-07]
#[tokio::test]
async fn a_wrong_value_is_refused() {
    let scene = Scene::new().await;
    let asked = question(scene.services(T3, UserInput::default()).await);
    let input = UserInput::default().with_value(&asked.concepts()[0], "west");
    let Services::Refused(refusal) = scene.services(T3, input).await else {
        panic!("found");
    };
    assert_eq!(refusal.code(), &ErrorCode::DirectoryValue);
}

// [AT-07] before 2.0 the place is asked for, too
#[tokio::test]
async fn a_place_is_answered_on_the_older_line() {
    let scene = Scene::speaking(&[Line::V1_0, Line::V1_1]).await;
    let asked = question(scene.services(T3, UserInput::default()).await);
    let place = asked.determination().unwrap();
    let input = UserInput::default()
        .with_value(&asked.concepts()[0], "north")
        .with_place(place, "75056", asked.service().id());
    let services = found(scene.services(T3, input).await);
    let publisher = services[0].access_services()[0].publisher();
    assert_eq!(publisher.agent().id().value(), "NORTH");
    assert_eq!(publisher.concepts()[0].values(), ["north"]);
    assert!(scene.asked().last().unwrap().contains("oots-cs:v1.1"));
}

#[tokio::test]
async fn a_specification_narrows_the_answer() {
    let scene = Scene::new().await;
    let query = DataServicesQuery::new(T1.parse().unwrap(), "FR".parse().unwrap())
        .with_specification(Version::V1_2);
    let answer = scene.directory.data_services(&query).await.unwrap();
    let providers: Vec<_> = found(answer.value().clone())
        .iter()
        .map(|service| {
            let publisher = service.access_services()[0].publisher();
            publisher.agent().id().value().to_owned()
        })
        .collect();
    assert_eq!(providers, ["P1", "P3"]);
}

#[tokio::test]
async fn an_unknown_evidence_type_is_information() {
    let scene = Scene::new().await;
    let unknown = T1.replace("0001", "00ff");
    let Services::Refused(refusal) = scene.services(&unknown, UserInput::default()).await else {
        panic!("found");
    };
    assert_eq!(refusal.code(), &ErrorCode::DirectoryNoEvidenceType);
}
