mod answers;
mod documents;
mod hooks;
mod json;
