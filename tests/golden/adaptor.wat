(module
  (type (;0;) (func (result i32)))
  (type (;1;) (func (param i32) (result i32)))
  (type (;2;) (func (param i32 i32) (result i32)))
  (type (;3;) (func (param i32 i32 i32) (result i32)))
  (import "e" "t" (table (;0;) 0 funcref))
  (export "resolve" (func 0))
  (func (;0;) (type 1) (param i32) (result i32)
    (local funcref)
    local.get 0
    table.size 0
    i32.ge_u
    if ;; label = @1
      i32.const 0
      return
    end
    local.get 0
    table.get 0
    local.set 1
    local.get 1
    ref.test (ref 2)
    if ;; label = @1
      i32.const 4
      return
    end
    local.get 1
    ref.test (ref 3)
    if ;; label = @1
      i32.const 8
      return
    end
    local.get 1
    ref.test (ref 1)
    if ;; label = @1
      i32.const 2
      return
    end
    local.get 1
    ref.test (ref 0)
    if ;; label = @1
      i32.const 1
      return
    end
    i32.const 0
    i32.const 16
    local.get 1
    ref.is_null
    select
  )
)
