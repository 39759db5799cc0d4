//! Stub.
use std::future::Future;
use std::sync::Arc;
use super::*;
pub(crate) struct Slab { registry: Registry, schedule: std::sync::OnceLock<std::sync::Weak<dyn Schedule>> }
struct Inner<S> { slab: Slab, schedule: S }
impl<S: Schedule + 'static> Schedule for Inner<S> {
    fn schedule(&self, t: TaskRef, r: Readied) { self.schedule.schedule(t, r) }
    fn release(&self, i: Index) { self.slab.registry.release(i) }
}
pub(crate) struct Colony<S>(Arc<Inner<S>>);
impl<S> Clone for Colony<S> { fn clone(&self) -> Self { Self(self.0.clone()) } }
impl<S> std::ops::Deref for Colony<S> { type Target = S; fn deref(&self) -> &S { &self.0.schedule } }
pub(crate) struct Magazine;
impl Magazine { pub(crate) fn enter(&mut self) {} pub(crate) fn flush(&mut self) {} }
pub(crate) struct Kind(&'static str);
impl Kind { pub(crate) fn from_address(_: usize) -> Option<&'static Self> { None } pub(crate) fn name(&self) -> &'static str { self.0 } }
impl TaskRef { pub(crate) fn kind_address(self) -> usize { 0 } pub(crate) fn home(self) -> u8 { 0 } pub(crate) fn set_home(self, _: u8) {} }
impl<S: Schedule + 'static> Colony<S> {
    pub(crate) fn new(tasks_max: usize, _workers: usize, schedule: S) -> Self {
        let inner = Arc::new(Inner { slab: Slab { registry: Registry::new(tasks_max), schedule: Default::default() }, schedule });
        let w: std::sync::Weak<dyn Schedule> = Arc::downgrade(&(inner.clone() as Arc<dyn Schedule>));
        let _ = inner.slab.schedule.set(w);
        Self(inner)
    }
    pub(crate) fn slab(&self) -> &Slab { &self.0.slab }
}
impl Slab {
    pub(crate) fn spawn<F>(&self, future: F) -> Result<(TaskRef, JoinHandle<F::Output>), F> where F: Future + Send + 'static, F::Output: Send + 'static {
        let Some(index) = self.registry.acquire() else { return Err(future) };
        let (t, h) = super::spawn(future, self.schedule.get().unwrap().upgrade().unwrap(), index);
        self.registry.publish(index, t);
        Ok((t, h))
    }
    pub(crate) fn schedule(&self, t: TaskRef, r: Readied) { self.schedule.get().unwrap().upgrade().unwrap().schedule(t, r) }
    pub(crate) unsafe fn shut_down_all(&self) { self.registry.walk(|t| unsafe { t.shut_down() }) }
    pub(crate) fn tasks_alive(&self) -> usize { self.registry.len() }
    pub(crate) fn magazine(&self) -> Magazine { Magazine }
}
